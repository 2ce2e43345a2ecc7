import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeInverse, encodeInverse } from '../../src/journal/entries.js';
import type { IntentEntry } from '../../src/journal/entries.js';
import { applySplices, invertSplices } from '../../src/json/index.js';
import { bags } from './bags.js';
import { run } from './workbench.js';
import { sha256, World } from './world.js';
import { JOURNAL_FILE } from '../../src/sources/own-files.js';

function blobOf(bytes: Uint8Array): { uri: string; sha256: string; bytes: Uint8Array } {
  return { uri: `s3://b/${sha256(bytes)}`, sha256: sha256(bytes), bytes };
}

/** Bytes over a buffer of their own that are somewhere in the middle of it, as lines of a chunk are. */
function within(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(`xx${text}yy`)).subarray(2, -2);
}

it('names a blob that is a view of the original, and spells out what is around it', () => {
  const original = within('{"config":{"a":1},"map":[1,2]}');
  const [config, map] = [blobOf(original.subarray(10, 17)), blobOf(original.subarray(24, 29))];
  const inverse = invertSplices(original, [{ start: 1, end: 29, insert: Buffer.from('"p":0') }]);
  expect(encodeInverse(inverse, [map, config])).toEqual([
    {
      start: 1,
      end: 6,
      pieces: [
        { text: Buffer.from('"config":').toString('base64') },
        { blob: config.uri, sha256: config.sha256 },
        { text: Buffer.from(',"map":').toString('base64') },
        { blob: map.uri, sha256: map.sha256 },
      ],
    },
  ]);
});

it('spells out what is equal to a blob but lies elsewhere: nothing is searched', () => {
  const original = within('{"config":{"a":1}}');
  const [splice] = encodeInverse(invertSplices(original, [{ start: 1, end: 17, insert: new Uint8Array() }]), [
    blobOf(Buffer.from('{"a":1}')),
  ]);
  expect(splice!.pieces).toEqual([{ text: Buffer.from('"config":{"a":1}').toString('base64') }]);
});

it('passes over a blob inside another one', () => {
  const original = within('0123456789');
  const [outer, inner] = [blobOf(original.subarray(2, 8)), blobOf(original.subarray(3, 5))];
  const [splice] = encodeInverse([{ start: 0, end: 0, insert: original }], [inner, outer]);
  expect(splice!.pieces.map((piece) => Object.keys(piece)[0])).toEqual(['text', 'blob', 'text']);
});

it('deflates long text, and leaves short text alone', () => {
  const [splice] = encodeInverse([{ start: 0, end: 0, insert: Buffer.from('ab'.repeat(4000)) }], []);
  expect(splice!.pieces).toHaveLength(1);
  expect(JSON.stringify(splice).length).toBeLessThan(120);
  expect(encodeInverse([{ start: 0, end: 0, insert: new Uint8Array() }], [])[0]!.pieces).toEqual([]);
});

it('gives every inverse back, whatever the blobs are', async () => {
  const cut = fc.tuple(fc.nat(200), fc.nat(60));
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 400 }),
      fc.array(cut, { maxLength: 4 }),
      fc.array(cut, { maxLength: 4 }),
      async (original, cuts, views) => {
        const splices = cuts
          .map(([start, length]) => ({
            start,
            end: Math.min(start + length, original.length),
            insert: Buffer.from('*'),
          }))
          .sort((a, b) => a.start - b.start)
          .filter(
            ({ start, end }, index, all) =>
              start <= end &&
              (index === 0 || all[index - 1]!.end <= start) &&
              all.slice(0, index).every((other) => other.end <= start),
          );
        const blobs = views.map(([start, length]) => blobOf(original.subarray(start, start + length)));
        const inverse = invertSplices(original, splices);
        const load = (uri: string) => Promise.resolve(blobs.find((blob) => blob.uri === uri)!.bytes);
        const decoded = await decodeInverse(
          JSON.parse(JSON.stringify(encodeInverse(inverse, blobs))) as ReturnType<typeof encodeInverse>,
          load,
        );
        expect(applySplices(applySplices(original, splices), decoded)).toEqual(
          applySplices(applySplices(original, splices), inverse),
        );
      },
    ),
  );
});

async function intentsOf(documents: Record<string, Uint8Array>): Promise<IntentEntry[]> {
  const world = await World.with(documents);
  await run(world);
  const lines = readFileSync(join(world.journal, JOURNAL_FILE), 'utf8').trim().split('\n');
  return lines
    .map((line) => JSON.parse(line) as { kind: string })
    .filter(({ kind }) => kind === 'intent') as IntentEntry[];
}

it('keeps configs and maps out of the journal, in files and in lines of one chunk', async () => {
  const size = { configBytes: 60_000, mapBytes: 20_000, stateBytes: 300, controlBytes: 1200, segments: 4, nodes: 4 };
  const one = bags(['pre', 'bare'], { size });
  const intents = await intentsOf({
    'a.json': one[0]!,
    'b.ndjson': Buffer.concat([one[0]!, Buffer.from('\n'), one[1]!, Buffer.from('\n')]),
    's3://docs/c.json': one[1]!,
  });
  expect(intents).toHaveLength(4);
  for (const intent of intents) {
    const pieces = intent.inverse.flatMap((splice) => splice.pieces);
    expect(pieces.filter((piece) => 'blob' in piece)).toHaveLength(2);
    expect(JSON.stringify(intent).length).toBeLessThan(3000);
  }
});
