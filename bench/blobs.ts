import { makeFleet } from '../examples/fleet/fleet.js';
import { DEFAULT_LAYOUT } from '../src/bag/keys.js';
import { Committer } from '../src/run/commit.js';
import { nodeDisk } from '../src/sources/disk.js';
import { storeSink } from '../src/run/transform.js';
import { knownDigests, knownManifests } from '../src/store/address.js';
import { runSources } from '../src/run/engine.js';
import { ObjectPrefixSource } from '../src/sources/objects.js';
import { createBlobStore, memoryObjectStore } from '../src/store/index.js';
import type { ObjectStore } from '../src/store/index.js';
import type { Figure } from './figure.js';

export interface BlobsOptions {
  readonly bags: number;
  readonly workflows: number;
}

export interface BlobsResult extends BlobsOptions {
  /** Requests to the store that write, by what they wrote. */
  readonly blobWrites: number;
  readonly documentWrites: number;
}

const DOCUMENTS = 'paused';
const BLOBS = 'local';

/** Counts what a run over paused executions in a bucket sends to the store. */
export async function benchBlobs({ bags, workflows }: BlobsOptions): Promise<BlobsResult> {
  const objects = memoryObjectStore();
  for (const { name, bytes } of makeFleet({ seed: 3, bags, workflows, size: 'small' })) {
    await objects.put({ bucket: DOCUMENTS, key: name }, bytes);
  }
  const writes = new Map([DOCUMENTS, BLOBS].map((bucket) => [bucket, 0]));
  const { totals } = await migrateAll(counted(objects, writes));
  if (totals.migrated !== bags) throw new Error(`${totals.migrated} of ${bags} bags were migrated`);
  return { bags, workflows, blobWrites: writes.get(BLOBS)!, documentWrites: writes.get(DOCUMENTS)! };
}

function counted(objects: ObjectStore, writes: Map<string, number>): ObjectStore {
  return {
    description: objects.description,
    keepsAttributes: objects.keepsAttributes,
    get: (...request) => objects.get(...request),
    list: (...request) => objects.list(...request),
    delete: (...request) => objects.delete(...request),
    put: (address, ...request) => {
      writes.set(address.bucket, (writes.get(address.bucket) ?? 0) + 1);
      return objects.put(address, ...request);
    },
  };
}

function migrateAll(objects: ObjectStore): ReturnType<typeof runSources> {
  const store = createBlobStore({ objects, bucket: BLOBS });
  return runSources({
    sources: [new ObjectPrefixSource(objects, { bucket: DOCUMENTS, key: '' }, () => false)],
    settings: {
      target: 'lean',
      manifestForm: 'list',
      addressing: { layout: DEFAULT_LAYOUT, bucket: store.bucket, prefix: store.prefix, digest: knownDigests() },
      manifests: knownManifests(),
      blobs: storeSink(store),
    },
    committer: committer(),
    concurrency: 8,
  });
}

/** A journal is no store's business; this one forgets. */
function committer(): Committer {
  return new Committer({
    journal: { append: () => undefined, flush: () => Promise.resolve(), isFull: false },
    destination: { isCopy: false, pathOf: ({ id }) => id, open: (container) => container.replace() },
    runId: 'bench',
    now: () => new Date(0).toISOString(),
    begin: () => undefined,
    pending: new Map(),
    disk: nodeDisk,
  });
}

export function blobsFigures({ bags, workflows, blobWrites, documentWrites }: BlobsResult): readonly Figure[] {
  const of = `${bags} bags of ${workflows} workflows`;
  return [
    {
      bench: 'blobs',
      what: `${of}: blobs written`,
      value: blobWrites,
      unit: 'count',
      target: exactly(3 * workflows),
      remark: 'config, map and manifest of each workflow',
    },
    { bench: 'blobs', what: `${of}: documents written`, value: documentWrites, unit: 'count', target: exactly(bags) },
  ];
}

function exactly(count: number): { readonly atLeast: number; readonly atMost: number } {
  return { atLeast: count, atMost: count };
}
