import { createHash } from 'node:crypto';
import { makeFleet } from '../../examples/fleet/fleet.js';
import { USUAL_MIX } from '../../examples/fleet/variants/index.js';
import { createMapHandler } from 'statebag-shim/lambda/map-item';
import type { MapHandler } from 'statebag-shim/lambda/map-item';
import { createS3BatchHandler } from 'statebag-shim/lambda/s3-batch';
import type { S3BatchHandler } from 'statebag-shim/lambda/s3-batch';
import { s3ObjectStore } from 'statebag-shim/s3';
import type { ObjectStore } from '../../src/store/object-store.js';
import { smallBag } from '../cli/fleet-dir.js';
import { startS3Server } from '../fakes/s3-server.js';
import type { S3Server } from '../fakes/s3-server.js';

// The functions write metrics to standard output, as Lambda wants it. They would fill the report of the tests.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text: string | Uint8Array, ...rest: []) =>
  String(text).startsWith('{"Engine":') || write(text, ...rest);

/** Objects of a census by their keys; all lie in the bucket `paused`. */
export type Census = ReadonlyMap<string, Uint8Array>;

/** Keys that a query string, a CSV row or a path would spoil. */
const ODD_KEYS = ['bags/a b+c,"d".json', 'bags/ä%2Fö&x=1.json', 'bags/#hash?.json'];

/** Bags of every kind and dialect, and what else lies in a bucket: lines, objects that are not bags, broken ones. */
export function makeCensus(objects: number): {
  readonly census: Census;
  readonly others: ReadonlyMap<string, Uint8Array>;
} {
  const others = new Map<string, Uint8Array>();
  const census = new Map<string, Uint8Array>(
    ODD_KEYS.map((key, at) => [key, Buffer.from(smallBag({ workflowId: `wf-odd-${at}` }))]),
  );
  census.set(
    'bags/lines.ndjson',
    Buffer.from(`${smallBag()}\n\n{"no":"bag"}\r\n${smallBag({ workflowId: 'wf-2' })}\n{"broken"\n`),
  );
  census.set('bags/broken.json', Buffer.from('{"ownerId":'));
  census.set('bags/list.json', Buffer.from('[]'));
  census.set('bags/foreign.json', Buffer.from('{"hello":"world"}'));
  const mixed = Math.min(60, objects - census.size);
  for (const { name, bytes, objects: beside } of makeFleet({
    seed: 11,
    bags: mixed,
    workflows: 5,
    size: 'small',
    mix: USUAL_MIX,
    bucket: 'paused',
  })) {
    census.set(`bags/${name}`, bytes);
    for (const { key, bytes: content } of beside) others.set(key, content);
  }
  for (let at = 0; census.size < objects; at++)
    census.set(`bags/plain-${String(at).padStart(6, '0')}.json`, plainBag(at));
  return { census, others };
}

/** Some thousand bags of a few workflows, so that most blobs are shared. */
function plainBag(at: number): Uint8Array {
  const workflowId = `wf-${at % 23}`;
  return Buffer.from(
    smallBag({
      workflowId,
      workflow_config: { id: workflowId, nodes: [{ id: 'a', type: 'operator' }], edges: [] },
      current_state: { at },
    }),
  );
}

/** A server with a census in it. */
export interface CensusServer {
  readonly server: S3Server;
  readonly objects: ObjectStore;
  /** What the command line needs to reach it. */
  readonly options: readonly string[];
  stop(): Promise<void>;
}

export async function serveCensus({ census, others }: ReturnType<typeof makeCensus>): Promise<CensusServer> {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  const server = await startS3Server({ buckets: ['paused', 'blobs', 'fleet'] });
  const objects = s3ObjectStore({ endpoint: server.endpoint, region: 'eu-central-1' });
  for (const [key, bytes] of [...census, ...others]) await objects.put({ bucket: 'paused', key }, bytes);
  return {
    server,
    objects,
    options: ['--endpoint', server.endpoint, '--region', 'eu-central-1'],
    stop: () => server.stop(),
  };
}

/** The functions of one sandbox, each with what it has opened. */
export interface Sandbox {
  readonly s3Batch: S3BatchHandler;
  readonly mapItem: MapHandler;
}

/** A sandbox, as every instance of a function has one: it is configured by its environment at its first invocation. */
export function sandbox({ server }: CensusServer, env: Readonly<Record<string, string>> = {}): Sandbox {
  const own = {
    STATEBAG_STORE: 's3://blobs',
    STATEBAG_ALLOW_BUCKETS: 'paused',
    STATEBAG_RECORDS: 's3://fleet/records',
    STATEBAG_ENDPOINT: server.endpoint,
    STATEBAG_REGION: 'eu-central-1',
    ...env,
  };
  const [s3Batch, mapItem] = [createS3BatchHandler(), createMapHandler()];
  return {
    s3Batch: (event, context) => within(own, () => s3Batch(event, context)),
    mapItem: (event, context) => within(own, () => mapItem(event, context)),
  };
}

/**
 * Sets the variables of the shim, and no others of them, while a function begins: it refuses variables that it does not
 * know. It reads them before it waits for anything.
 */
function within<T>(env: Readonly<Record<string, string>>, begin: () => T): T {
  const before = process.env;
  const others = Object.entries(before).filter(([name]) => !name.startsWith('STATEBAG_'));
  process.env = { ...Object.fromEntries(others), ...env };
  try {
    return begin();
  } finally {
    process.env = before;
  }
}

/** Lambda's context with plenty of time. */
export const AMPLE: Parameters<MapHandler>[1] = { getRemainingTimeInMillis: () => 900_000 };

/** Digests of all objects in buckets, by URI. */
export async function digestsOf(
  { objects }: Pick<CensusServer, 'objects'>,
  buckets: readonly string[],
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const bucket of buckets) {
    for await (const { key } of objects.list(bucket, ''))
      found[`s3://${bucket}/${key}`] = createHash('sha256')
        .update((await objects.get({ bucket, key })).bytes)
        .digest('hex');
  }
  return found;
}

/** A shuffle that is the same every time. */
export function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const rank = (at: number) => createHash('sha256').update(`${seed} ${at}`).digest('hex');
  return items
    .map((item, at) => ({ item, rank: rank(at) }))
    .sort((one, other) => (one.rank < other.rank ? -1 : 1))
    .map(({ item }) => item);
}
