import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../migrations/index.js';
import type { Target } from '../../migrations/index.js';
import { ByteDraft } from '../../src/bag/byte-draft.js';
import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import type { ByteValue } from '../../src/bag/byte-reader.js';
import { detect } from '../../src/bag/detect.js';
import { INIT_MARKERS, PROGRAM_MEMBERS } from '../../src/bag/members.js';
import { applySplices, expandNode } from '../../src/json/index.js';
import { envelope, fatBag } from './bag-text.js';
import { migrateBytes, offloaded, planAll } from './migrate.js';
import { recordingBlobs } from './recording-blobs.js';

const TARGETS = fc.constantFrom<Target>('lean', 'bridge');
const KNOWN: readonly string[] = [...PROGRAM_MEMBERS, ...INIT_MARKERS];

function bagOf(bytes: Uint8Array): ByteValue {
  return detect(byteReader, readDocument(bytes)).sites[0]!.value;
}

/** Members of a bag as they are spelled. */
function spelled({ document, node }: ByteValue): readonly string[] {
  const text = (start: number, end: number) => Buffer.from(document.bytes.subarray(start, end)).toString();
  return (expandNode(document.bytes, node).members ?? []).map(
    ({ keyStart, keyEnd, value }) => `${text(keyStart, keyEnd)}:${text(value.start, value.end)}`,
  );
}

/** Those whose name, unescaped, the steps do not know. */
function unknown(bag: ByteValue): readonly string[] {
  const names = (expandNode(bag.document.bytes, bag.node).members ?? []).map(({ name }) => name);
  return spelled(bag).filter((_, index) => !KNOWN.includes(names[index]!));
}

function downAgain(
  bytes: Uint8Array,
  content: { readonly config?: Uint8Array; readonly map: Uint8Array },
  target: Target,
): Uint8Array {
  const draft = new ByteDraft(bagOf(bytes));
  for (const step of MIGRATIONS[target].toReversed()) step.down(draft, content);
  return applySplices(bytes, draft.splices());
}

describe('a migration', () => {
  it('is undone byte for byte by its inverse, and done twice it is done once', async () => {
    await fc.assert(
      fc.asyncProperty(fatBag({ withTraces: true }), envelope, TARGETS, async ({ text }, wrap, target) => {
        const original = Buffer.from(wrap(text));
        const blobs = await recordingBlobs();
        const { bytes, inverse } = (await migrateBytes(original, blobs, { target }))!;
        expect(Buffer.from(applySplices(bytes, inverse)).equals(original)).toBe(true);
        expect(await migrateBytes(bytes, blobs, { target })).toBeUndefined();
      }),
      { numRuns: 120 },
    );
  });

  it('keeps every value it takes out, byte for byte, where the bag then says it is', async () => {
    await fc.assert(
      fc.asyncProperty(fatBag({ withTraces: true }), envelope, TARGETS, async ({ text, config, map }, wrap, target) => {
        const blobs = await recordingBlobs();
        const { bytes } = (await migrateBytes(Buffer.from(wrap(text)), blobs, { target }))!;
        const [site] = detect(byteReader, readDocument(bytes)).sites;
        expect(await offloaded(site!, blobs)).toEqual(config === undefined ? { map } : { config, map });
      }),
      { numRuns: 120 },
    );
  });

  it('leaves every member that it does not know as it is spelled, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fatBag({ withTraces: true }), envelope, TARGETS, async ({ text }, wrap, target) => {
        const original = Buffer.from(wrap(text));
        const { bytes } = (await migrateBytes(original, await recordingBlobs(), { target }))!;
        expect(unknown(bagOf(bytes))).toEqual(unknown(bagOf(original)));
      }),
      { numRuns: 120 },
    );
  });

  it('makes the same of the same, pointers and blobs alike', async () => {
    await fc.assert(
      fc.asyncProperty(fatBag({ withTraces: true }), TARGETS, async ({ text }, target) => {
        const runs = await Promise.all(
          [1, 2].map(async () => {
            const root = readDocument(Buffer.from(text));
            const plans = await planAll(byteReader, root, await recordingBlobs(), { target });
            return plans.map(({ blobs, context }) => [
              blobs.map(({ uri, bytes }) => [uri, Buffer.from(bytes).toString()]),
              context.createdAt,
            ]);
          }),
        );
        expect(runs[1]).toEqual(runs[0]);
      }),
      { numRuns: 100 },
    );
  });

  it('goes back to the same members in the same order, but for the manifest path that a fat bag may have too', async () => {
    await fc.assert(
      fc.asyncProperty(fatBag({ withTraces: false }), TARGETS, async ({ text, config, map }, target) => {
        const original = Buffer.from(text);
        const { bytes } = (await migrateBytes(original, await recordingBlobs(), { target }))!;
        const content = { map: Buffer.from(map), ...(config === undefined ? {} : { config: Buffer.from(config) }) };
        const back = bagOf(downAgain(bytes, content, target));
        const plain = (members: readonly string[]) =>
          members.map((member) => member.replaceAll(/\\u005f/g, '_').replaceAll(/^"\\u0070/g, '"p'));
        const members = spelled(back).filter((member) => !member.startsWith('"segment_manifest_s3_path"'));
        expect(plain(members)).toEqual(plain(spelled(bagOf(original))));
      }),
      { numRuns: 100 },
    );
  });
});
