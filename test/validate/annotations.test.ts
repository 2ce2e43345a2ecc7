import { readFileSync, readdirSync } from 'node:fs';
import { buildLeanBag } from 'statebag-shim';
import type { Blob } from 'statebag-shim';
import { memoryBlobStore } from 'statebag-shim/memory';
import { beforeAll, describe, expect, it } from 'vitest';
import { validateAll } from '../schemas/validate.js';
import { leanBag } from './lean-bag.js';

interface Annotated {
  readonly 'x-offload': {
    readonly pointer: string;
    readonly folder: string;
    readonly file: string;
    readonly usage?: string;
  };
  readonly 'x-max-inline-bytes': number;
}

const ROOT = new URL('../../', import.meta.url);
const schema = JSON.parse(readFileSync(new URL('schemas/state-bag.v2.json', ROOT), 'utf8')) as {
  properties: Record<string, Annotated>;
};
const OFFLOADED = ['workflow_config', 'partition_map', 'segment_manifest'] as const;

describe('what the annotations of the schema say is what is done', () => {
  const blobs: Blob[] = [];
  let bag: Readonly<Record<string, unknown>>;

  beforeAll(async () => {
    const store = memoryBlobStore({ bucket: 'b' });
    const put: typeof store.put = (blob, signal) => {
      blobs.push(blob);
      return store.put(blob, signal);
    };
    const workflowConfig = { nodes: [{ id: 'a' }] };
    bag = await buildLeanBag(
      { ownerId: 'o', workflowId: 'w', workflowConfig },
      {
        bucket: 'b',
        prefix: '',
        description: 'recording',
        uri: (key) => store.uri(key),
        get: (address, options) => store.get(address, options),
        put,
      },
    );
  });

  it.each(OFFLOADED)('with %s', (member) => {
    const { pointer, folder, file, usage } = schema.properties[member]!['x-offload'];
    const blob = blobs.find(({ key }) => key.startsWith(`${folder}/`))!;
    expect(blob.key).toBe(`${folder}/o/w/${blob.sha256}/${file}`);
    expect(blob.metadata).toEqual({ ...(usage !== undefined && { usage }), sha256: blob.sha256 });
    expect([bag[pointer], member in bag]).toEqual([`s3://b/${blob.key}`, false]);
  });

  it('with the bytes that may stay inline', async () => {
    const limit = schema.properties.segment_manifest!['x-max-inline-bytes'];
    const rules = async (manifest: unknown) => {
      const [issues] = await validateAll('state-bag.v2', [{ ...leanBag, segment_manifest: manifest }]);
      return issues!.filter(({ rule }) => rule === 'x-max-inline-bytes').map(({ pointer }) => pointer);
    };
    const pointer = { manifest_s3_path: 's3://b/k' };
    const manifest = (bytes: number) => {
      const { length } = JSON.stringify([{ ...pointer, note: '' }]);
      return [{ ...pointer, note: 'x'.repeat(bytes - length) }];
    };
    expect(await rules(manifest(limit))).toEqual([]);
    expect(await rules(manifest(limit + 1))).toEqual(['/segment_manifest']);
    expect(await rules(null)).toEqual([]);
  });

  it('and nothing of it is written down a second time in the sources', () => {
    const { pointer, folder, file } = schema.properties.workflow_config!['x-offload'];
    const sources = ['src/bag/', 'src/shim/', 'src/run/', 'src/sources/', 'src/journal/', 'migrations/'].flatMap(
      (room) =>
        readdirSync(new URL(room, ROOT), { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.ts'))
          .map((name) => room + name),
    );
    const code = (name: string) => readFileSync(new URL(name, ROOT), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    const repeated = sources.filter((name) =>
      [`'${pointer}'`, `'${folder}`, `'${file}'`].some((text) => code(name).includes(text)),
    );
    // They word what is wrong with a member, tell documents apart, or list keys of legacy writers.
    // They decide nothing about where a value goes.
    expect(repeated.filter((name) => !/validate\/(lean-bag-advice|detect-schema)|bag\/places/.test(name))).toEqual([]);
  });
});
