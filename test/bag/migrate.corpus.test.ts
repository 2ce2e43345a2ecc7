import { cpSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { migrate, namedBlobs, textsOf } from './migrate.js';
import type { MigrationRun } from './migrate.js';
import { STORE, makePlace } from './place.js';
import type { Place } from './place.js';
import { programs } from './programs.js';

const corpus = process.env.STATEBAG_CORPUS;
const BUCKET = 'analemma-workflow-state-dev';
const AT = ['--bucket', BUCKET];

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

it('a recorded store is read by bucket and key', async () => {
  const { store, reads } = makePlace({ [`${BUCKET}/a/b#c`]: 'x' }, { bucket: BUCKET });
  expect(Buffer.from(await store.get({ bucket: BUCKET, key: 'a/b#c' })).toString()).toBe('x');
  expect(reads).toEqual([`${BUCKET}/a/b#c`]);
});

/** A program without the spelling of its numbers and without `outgoing_edges`, which no runner reads. */
function meaningOf(text: string): unknown {
  if (!text.startsWith('{')) return text;
  return { ...(JSON.parse(text) as Record<string, unknown>), outgoing_edges: undefined };
}

// Recorded bags are not part of the project; whoever has a corpus names its folder.
if (corpus !== undefined) {
  const nameOf = (file: string) => file.replaceAll('/', ' ').slice(0, -'.json'.length);
  const read = (folder: string, files: readonly string[]) =>
    Object.fromEntries(files.map((file) => [nameOf(file), readFileSync(join(corpus, folder, file))]));
  const stored = filesIn(join(corpus, 's3')).flatMap((file) => textsOf(readFileSync(join(corpus, 's3', file), 'utf8')));
  const placeOfCorpus = () => {
    const place = makePlace();
    cpSync(join(corpus, 's3'), join(place.dir, STORE), { recursive: true });
    return place;
  };

  const later = filesIn(join(corpus, 'new-era')).filter((file) => file.endsWith('.json'));

  const laterBags = read('new-era', later);
  let laterRuns: Promise<readonly MigrationRun[]> | undefined;
  const migrateLater = () =>
    (laterRuns ??= Promise.all(
      (['lean', 'bridge'] as const).map((target) => migrate(placeOfCorpus(), laterBags, target, AT)),
    ));

  it.each(later)('a bag of a later backend is left alone: %s', async (file) => {
    for (const { of } of await migrateLater()) {
      const { outcome, bytes } = of[nameOf(file)]!;
      expect([outcome, bytes.equals(laterBags[nameOf(file)]!)]).toEqual(['unchanged', true]);
    }
  });

  const bags = filesIn(join(corpus, 'bags')).filter((file) => file.endsWith('.json') && !file.includes('INDEX'));

  describe.each(['lean', 'bridge'] as const)('a recorded bag becomes %s and nothing is lost', (target) => {
    const originals = read('bags', bags);
    let place: Place;
    let of: MigrationRun['of'];
    let twice: MigrationRun['of'];
    let back: Readonly<Record<string, Buffer>>;
    beforeAll(async () => {
      place = placeOfCorpus();
      const run = await migrate(place, originals, target, AT);
      [of, twice, back] = [run.of, await run.again(), await run.rollBack()];
    });

    it.each(bags)('%s', async (file) => {
      const name = nameOf(file);
      const original = originals[name]!;
      const { outcome, code, bytes } = of[name]!;
      expect(back[name]!.equals(original)).toBe(true);
      // Neither its config nor its manifest gives a segment, and a later run would write to the key of the manifest.
      if (file.endsWith('edge-cyclic.json')) {
        expect([outcome, code]).toEqual(['quarantined', 'WORKFLOW_CYCLE']);
        return;
      }
      // A list of runs next to the bags.
      if (file.endsWith('RUNS.json')) {
        expect([outcome, code]).toEqual(['quarantined', 'NOT_AN_OBJECT']);
        return;
      }
      // The readers of the January eras do not know the pointers of the bridge form.
      if (target === 'bridge' && /^pre-fat\/jan(18|29)-/.test(file)) {
        expect([outcome, code, bytes.equals(original)]).toEqual(['quarantined', 'FLAT_ERA_BAG', true]);
        return;
      }
      expect([twice[name]!.outcome, twice[name]!.bytes.equals(bytes)]).toEqual(['unchanged', true]);
      if (outcome === 'unchanged') {
        expect(bytes.equals(original)).toBe(true);
        return;
      }
      expect(outcome).toBe('migrated');
      const store = ['--store', STORE, ...AT];
      const [found, wanted] = [await programs(bytes, place, store), await programs(original, place, store)];
      // Its config and the map stored next to it say the same with other spellings and other outgoing edges.
      expect(file.includes('chain310') ? found.map(meaningOf) : found).toEqual(
        file.includes('chain310') ? wanted.map(meaningOf) : wanted,
      );
      const spelled = [...textsOf(original.toString()), ...stored];
      for (const { kind, text } of namedBlobs(place, bytes, original, BUCKET))
        if (kind !== 'manifests') expect(spelled.some((source) => source.includes(text))).toBe(true);
    });
  });
}
