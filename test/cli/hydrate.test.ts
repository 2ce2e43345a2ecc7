import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { USUAL_MIX } from '../../examples/fleet/variants/index.js';
import { putFleet, smallBag } from './fleet-dir.js';
import { snapshot, statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const hydrate = (file: string) => statebag(scratch.dir, ['hydrate', file, '--store', 'store']);

describe('hydrate', () => {
  it.each(['lean', 'bridge'])('gives the old bag again from its %s form, values byte for byte', async (form) => {
    const text = smallBag().replace('"edges":[]', '"edges": [ 1.0 ]');
    writeFileSync(join(scratch.dir, 'bag.json'), text);
    await statebag(scratch.dir, ['migrate', 'bag.json', '--store', 'store', '--apply', '--to', form]);
    const before = snapshot(scratch.dir);
    const { code, out } = await hydrate('bag.json');
    expect(code).toBe(0);
    expect(snapshot(scratch.dir)).toEqual(before);
    const added = /,"segment_manifest_s3_path":"[^"]+"/;
    expect(out.replace(added, '')).toBe(text);
  });

  it('leaves a document alone that points to nothing', async () => {
    for (const text of [smallBag(), '{"a": 1.0}', ' [NaN]\n']) {
      expect((await statebag(scratch.dir, ['hydrate', '-'], { stdin: text })).out).toBe(text);
    }
  });

  it('fills in every dialect of the fleet, and what comes out is migrated to the same blobs', async () => {
    putFleet(scratch.dir, {
      mix: USUAL_MIX.filter(
        (variant) => variant === 'pointers' || variant === 'offloaded' || variant === 'light-jan29',
      ),
      variant: 'pre',
      bags: 3,
    });
    const { documents } = JSON.parse(
      (await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--apply', '--json'])).out,
    ) as { documents: { id: string }[] };
    for (const { id } of documents) {
      const { code, out } = await hydrate(id);
      expect(code).toBe(0);
      writeFileSync(id, out);
    }
    const again = JSON.parse(
      (await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--apply', '--json'])).out,
    ) as { totals: object };
    expect(again.totals).toMatchObject({ migrated: documents.length, blobsWritten: 0 });
  });

  it('says what is missing, and prints nothing', async () => {
    writeFileSync(join(scratch.dir, 'bag.json'), smallBag());
    await statebag(scratch.dir, ['migrate', 'bag.json', '--store', 'store', '--apply']);
    const { code, out, err } = await statebag(scratch.dir, ['hydrate', 'bag.json', '--store', 'elsewhere']);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('POINTER_DANGLING');
    const without = await statebag(scratch.dir, ['hydrate', 'bag.json']);
    expect([without.code, without.err]).toEqual([2, expect.stringContaining('STORE_MISSING')]);
    expect(readFileSync(join(scratch.dir, 'bag.json'), 'utf8')).toContain('state_bag_version');
  });
});
