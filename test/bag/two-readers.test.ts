import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../migrations/index.js';
import { detect } from '../../src/bag/detect.js';
import { objectReader } from '../../src/bag/object-reader.js';
import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import type { SitePlan } from '../../src/bag/plan-site.js';
import { BagError, StateBagError } from 'statebag-shim';
import { envelope, fatBag } from './bag-text.js';
import { migrateBytes, migrateObjects, planAll } from './migrate.js';
import type { MigratedObject } from './migrate.js';
import { readFixtures } from './read-fixtures.js';
import type { BagFixture } from './read-fixtures.js';
import { recordingBlobs } from './recording-blobs.js';
import type { RecordingBlobs } from './recording-blobs.js';
import { summaryOf } from './summary.js';

type Bag = Record<string, unknown>;

function deepFreeze(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

/**
 * The changed bags of a document as the byte world leaves them, parsed; a bag in a bag is left out of the outer one.
 */
async function viaBytes(text: string, blobs: RecordingBlobs, target: Target): Promise<readonly MigratedObject[]> {
  const rewrite = await migrateBytes(Buffer.from(text), blobs, { target });
  const sites = rewrite ? detect(objectReader, JSON.parse(Buffer.from(rewrite.bytes).toString())).sites : [];
  return sites.map(({ path, value }) => ({ path, bag: value as Bag }));
}

async function expectSame(
  text: string,
  target: Target,
  objects: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const stores = [await recordingBlobs(objects), await recordingBlobs(objects)] as const;
  const event = deepFreeze(JSON.parse(text));
  const migrated = await migrateObjects(event, stores[0], { target });
  const expected = await viaBytes(text, stores[1], target);
  expect(migrated.map(withoutInner)).toEqual(expected.map(withoutInner));
  expect(JSON.stringify(event)).toBe(text);
  expect(stores[0].reads).toEqual(stores[1].reads);
}

function withoutInner({ path, bag }: MigratedObject): unknown {
  return {
    path,
    bag: Object.entries(bag)
      .filter(([name]) => !['Payload', 'state_data', 'bag'].includes(name))
      .sort(),
  };
}

function planSummary<V>({ blobs, context: { claims: _, ...context } }: SitePlan<V>): unknown {
  return { blobs: blobs.map(({ uri, bytes, addressed }) => [uri, Buffer.from(bytes).toString(), addressed]), context };
}

/** As `JSON.stringify` writes it; only then have both worlds the same bytes to offload. */
function compact(text: string): string {
  return JSON.stringify(JSON.parse(text));
}

function isStrictJson({ input }: BagFixture): boolean {
  return !/NaN|Infinity/.test(input.toString());
}

describe('a parsed bag', () => {
  it('becomes what its stored text becomes, and the caller keeps his object', async () => {
    await fc.assert(
      fc.asyncProperty(
        fatBag({ withTraces: true }),
        envelope,
        fc.constantFrom<Target>('lean', 'bridge'),
        async ({ text }, wrap, target) => {
          await expectSame(compact(wrap(compact(text))), target);
        },
      ),
      { numRuns: 120 },
    );
  });

  it('is planned as its text is planned', async () => {
    await fc.assert(
      fc.asyncProperty(
        fatBag({ withTraces: true }),
        fc.constantFrom<Target>('lean', 'bridge'),
        async ({ text }, target) => {
          const document = compact(text);
          const parsed = await planAll(objectReader, JSON.parse(document), await recordingBlobs(), { target });
          const stored = await planAll(byteReader, readDocument(Buffer.from(document)), await recordingBlobs(), {
            target,
          });
          expect(parsed.map(planSummary)).toEqual(stored.map(planSummary));
        },
      ),
      { numRuns: 100 },
    );
  });

  const fixtures = readFixtures().filter(isStrictJson);

  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))(
    'is seen as its text is seen: %s',
    (_, { input }) => {
      expect(summaryOf(objectReader, JSON.parse(input.toString()))).toEqual(summaryOf(byteReader, readDocument(input)));
    },
  );

  const migrating = fixtures.flatMap((fixture) =>
    (['lean', 'bridge'] as const).map((target) => [target, fixture.name, fixture] as const),
  );

  it.each(migrating)(
    'becomes %s as its text does, or is refused with the same code: %s',
    async (target, _, { input, objects, expected }) => {
      const wanted = expected[target];
      if ('bytes' in wanted) {
        await expectSame(compact(input.toString()), target, objects);
        return;
      }
      const run = migrateObjects(JSON.parse(input.toString()), await recordingBlobs(objects), { target });
      // The object world leaves the schema to the caller.
      const code = await run.then(
        () => 'BAG_INVALID',
        (error: unknown) => (error instanceof StateBagError ? error.code : String(error)),
      );
      expect(code).toBe(wanted.code);
    },
  );
});

describe('stored text that JavaScript does not read', () => {
  it.each([
    ['a byte order mark', '\ufeff{"nodes":[]}'],
    ['a word of Python', '{"nodes":[NaN]}'],
    ['a torn object', '{"nodes":['],
    ['nothing', ''],
  ])('is refused by the object reader: %s', (_, text) => {
    expect(() => objectReader.parse(Buffer.from(text))).toThrow(BagError);
  });

  it('is refused when it is not UTF-8', () => {
    expect(() => objectReader.parse(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(BagError);
  });
});
