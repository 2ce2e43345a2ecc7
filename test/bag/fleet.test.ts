import { describe, expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import type { Style } from '../../examples/fleet/spelling.js';
import { NOT_STRICT_JSON, VARIANT_NAMES } from '../../examples/fleet/variants/index.js';
import type { VariantName } from '../../examples/fleet/variants/index.js';
import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import { detect } from '../../src/bag/detect.js';
import { objectReader } from '../../src/bag/object-reader.js';
import { applySplices } from '../../src/json/index.js';
import { migrateBytes, offloaded } from './migrate.js';
import { programs } from './programs.js';
import { recordingBlobs } from './recording-blobs.js';
import { summaryOf } from './summary.js';

const SEED = 31;

function makeDocument(
  variant: VariantName,
  style: Style,
): { readonly bytes: Buffer; readonly objects: Readonly<Record<string, Uint8Array>> } {
  const { bytes, objects } = makeFleet({ seed: SEED, bags: 1, workflows: 1, size: 'small', variant, style }).next()
    .value!;
  return {
    bytes,
    objects: Object.fromEntries(objects.map((object) => [`${object.bucket}/${object.key}`, object.bytes])),
  };
}

/** Styles that differ in more than their letters; the bridge form differs from the lean one in nothing of the kind. */
const STYLES = { lean: ['compact', 'python', 'crlf'], bridge: ['python'] } as const satisfies Record<
  string,
  readonly Style[]
>;

describe.each(['lean', 'bridge'] as const)('a document of the fleet becomes %s', (target) => {
  const cases = VARIANT_NAMES.flatMap((variant) => STYLES[target].map((style) => [variant, style] as const));

  it.each(cases)('without a trace on what it does not concern: %s, %s', async (variant, style) => {
    const { bytes: original, objects } = makeDocument(variant, style);
    const blobs = await recordingBlobs(objects);
    const rewrite = await migrateBytes(original, blobs, { target });
    if (!rewrite) {
      expect(['lean', 'foreign', ...(target === 'bridge' ? ['pointers'] : [])]).toContain(variant);
      return;
    }
    expect(Buffer.from(applySplices(rewrite.bytes, rewrite.inverse)).equals(original)).toBe(true);
    expect(await migrateBytes(rewrite.bytes, blobs, { target })).toBeUndefined();
    const answers = await programs(original, blobs);
    expect([answers[0]!.startsWith('{'), answers.at(-1)]).toEqual([true, 'SEGMENT_OUT_OF_RANGE']);
    expect(await programs(rewrite.bytes, blobs)).toEqual(answers);
    const [before, after] = [original, rewrite.bytes].map((bytes) => detect(byteReader, readDocument(bytes)).sites);
    for (const [index, site] of before!.entries())
      expect(await offloaded(after![index]!, blobs)).toEqual(await offloaded(site, blobs));
  });
});

it.each(VARIANT_NAMES.filter((name) => !NOT_STRICT_JSON.includes(name)))(
  'a document of the fleet is seen alike as text and as an object: %s',
  (variant) => {
    const { bytes } = makeDocument(variant, 'compact');
    expect(summaryOf(objectReader, JSON.parse(bytes.toString()))).toEqual(summaryOf(byteReader, readDocument(bytes)));
  },
);
