import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../migrations/index.js';
import { migrate, namedBlobs, textsOf } from './migrate.js';
import type { Migrated } from './migrate.js';
import { makePlace } from './place.js';
import type { Place } from './place.js';
import { programs } from './programs.js';
import { readFixtures, writeExpected } from './read-fixtures.js';
import type { BagFixture } from './read-fixtures.js';

const PROGRAMS = new URL('../fixtures/bag-programs.json', import.meta.url);

/** A fixture after one run, after a second run over the result, and after a rollback. */
interface Result extends Migrated {
  readonly place: Place;
  readonly twice: Migrated;
  readonly back: Buffer;
}

/** Fixtures without objects share a run; each of the others has a store of its own. */
async function migrateAll(fixtures: readonly BagFixture[], target: Target): Promise<ReadonlyMap<string, Result>> {
  const groups = [
    fixtures.filter(({ objects }) => Object.keys(objects).length === 0),
    ...fixtures.filter(({ objects }) => Object.keys(objects).length > 0).map((fixture) => [fixture]),
  ];
  const results = new Map<string, Result>();
  for (const group of groups) {
    const place = makePlace(group[0]!.objects);
    const run = await migrate(place, Object.fromEntries(group.map(({ name, input }) => [name, input])), target);
    const twice = await run.again();
    const isWritten = Object.values(run.of).some(({ outcome }) => outcome === 'migrated');
    const back = isWritten ? await run.rollBack() : undefined;
    for (const { name } of group) {
      const after = run.of[name]!;
      results.set(name, { ...after, place, twice: twice[name]!, back: back?.[name] ?? after.bytes });
    }
  }
  return results;
}

const fixtures = readFixtures();
const migrated = { lean: await migrateAll(fixtures, 'lean'), bridge: await migrateAll(fixtures, 'bridge') };

// `UPDATE=1` writes down what the code does now; whoever uses it reads the difference before it is committed.
if (process.env.UPDATE === '1') {
  const outcomeOf = (name: string, target: Target) => {
    const { code, bytes } = migrated[target].get(name)!;
    return code === undefined ? { bytes } : { code };
  };
  for (const { name } of fixtures)
    writeExpected(name, { lean: outcomeOf(name, 'lean'), bridge: outcomeOf(name, 'bridge') });
  const found: Record<string, readonly string[]> = {};
  for (const { name, input, objects } of fixtures) found[name] = await programs(input, makePlace(objects));
  writeFileSync(PROGRAMS, `${JSON.stringify(found, undefined, 2)}\n`);
}

/** By fixture: what the indexes 0, 1, 2, 3 and 99 give, the program as it is spelled or the code of the error. */
const expectedPrograms = JSON.parse(readFileSync(PROGRAMS, 'utf8')) as Readonly<Record<string, readonly string[]>>;
const rows = readFixtures().map((fixture) => [fixture.name, fixture] as const);

describe.each(['lean', 'bridge'] as const)('a migration to %s', (target) => {
  it.each(rows)('%s', (name, { input, expected: { [target]: wanted } }) => {
    const { code, outcome, bytes } = migrated[target].get(name)!;
    if ('code' in wanted) expect([code, bytes.toString()]).toEqual([wanted.code, input.toString()]);
    else {
      expect([code, bytes.toString()]).toEqual([undefined, wanted.bytes.toString()]);
      expect(outcome).toBe(wanted.bytes.equals(input) ? 'unchanged' : 'migrated');
    }
  });

  it.each(rows)('is undone byte for byte, and done twice changes nothing: %s', (name, { input }) => {
    const { outcome, bytes, twice, back } = migrated[target].get(name)!;
    expect(back.toString()).toBe(input.toString());
    expect(twice.outcome).toBe(outcome === 'migrated' ? 'unchanged' : outcome);
    expect(twice.bytes.toString()).toBe(bytes.toString());
  });

  it.each(rows)('leaves every value it takes out where the bag says it is: %s', (name, { input, objects }) => {
    const { place, outcome, bytes } = migrated[target].get(name)!;
    const spelled = [input, ...Object.values(objects)].flatMap((text) => textsOf(text.toString()));
    for (const { kind, text } of outcome === 'migrated' ? namedBlobs(place, bytes, input) : [])
      if (kind !== 'manifests') expect(spelled.filter((source) => source.includes(text))).not.toEqual([]);
  });
});

describe('every index leads to the expected program', () => {
  it.each(rows)('before a migration: %s', async (name, { input, objects }) => {
    expect(await programs(input, makePlace(objects))).toEqual(expectedPrograms[name]);
  });

  describe.each(['lean', 'bridge'] as const)('after a migration to %s', (target) => {
    it.each(rows.filter(([, { expected }]) => 'bytes' in expected[target]))('%s', async (name) => {
      const { bytes, place } = migrated[target].get(name)!;
      expect(await programs(bytes, place)).toEqual(expectedPrograms[name]);
    });
  });
});
