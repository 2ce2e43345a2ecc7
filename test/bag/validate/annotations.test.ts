import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { planBlob } from '../../../src/bag/claim.js';
import { isKeyOfOwner, DEFAULT_LAYOUT } from '../../../src/bag/layout.js';
import { CONFIG, CONFIG_PATH, MANIFEST, MANIFEST_PATH, MAP, MAP_PATH } from '../../../src/bag/members.js';
import { inlineSizeIssues } from '../../../src/bag/validate/inline-size.js';
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

const ROOT = new URL('../../../', import.meta.url);
const schema = JSON.parse(readFileSync(new URL('schemas/state-bag.v2.json', ROOT), 'utf8')) as {
  properties: Record<string, Annotated>;
};
const office = {
  layout: DEFAULT_LAYOUT,
  bucket: 'b',
  prefix: '',
  digest: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex'),
};

const OFFLOADED = [
  [CONFIG, CONFIG_PATH, 'config'],
  [MAP, MAP_PATH, 'map'],
  [MANIFEST, MANIFEST_PATH, 'manifest'],
] as const;

describe('what the annotations of the schema say is what is done', () => {
  it.each(OFFLOADED)('with %s', (member, path, kind) => {
    const { pointer, folder, file, usage } = schema.properties[member]!['x-offload'];
    expect(path).toBe(pointer);
    const blob = planBlob(office, kind, { ownerId: 'o', workflowId: 'w' }, Buffer.from('{}'));
    expect(blob.storeKey).toBe(`${folder}/o/w/${blob.sha256}/${file}`);
    expect(blob.metadata).toEqual({ ...(usage !== undefined && { usage }), sha256: blob.sha256 });
    expect([isKeyOfOwner(blob.key, 'o'), isKeyOfOwner(blob.key, 'p')]).toEqual([true, false]);
  });

  it('with the bytes that may stay inline', () => {
    const limit = schema.properties[MANIFEST]!['x-max-inline-bytes'];
    const manifest = (bytes: number) => ({ ...leanBag, segment_manifest: ['x'.repeat(bytes - 4)] });
    expect(inlineSizeIssues(manifest(limit))).toEqual([]);
    expect(inlineSizeIssues(manifest(limit + 1))).toMatchObject([
      { pointer: '/segment_manifest', keyword: 'x-max-inline-bytes' },
    ]);
    expect(inlineSizeIssues({ ...leanBag, segment_manifest: null })).toEqual([]);
  });

  it('and nothing of it is written down a second time in the sources', () => {
    const { pointer, folder, file } = schema.properties[CONFIG]!['x-offload'];
    const sources = ['src/bag/', 'src/adapter/', 'src/batch/', 'migrations/'].flatMap((room) =>
      readdirSync(new URL(room, ROOT), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => room + name),
    );
    const code = (name: string) => readFileSync(new URL(name, ROOT), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    const repeated = sources.filter((name) =>
      [`'${pointer}'`, `'${folder}`, `'${file}'`].some((text) => code(name).includes(text)),
    );
    // They word what is wrong with a member, or tell documents apart; they decide nothing about where a value goes.
    expect(repeated.filter((name) => !/validate\/(lean-bag-advice|detect-schema)/.test(name))).toEqual([]);
  });
});
