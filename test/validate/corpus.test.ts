import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { validateLeanBag } from 'statebag-shim';
import { describe, expect, it } from 'vitest';
import { readFixtures } from '../schemas/read-fixtures.js';
import { detectSchemas, validateAll } from '../schemas/validate.js';
import { leanBag, without } from './lean-bag.js';

type Bag = Readonly<Record<string, unknown>>;

interface Sample {
  readonly name: string;
  readonly bag: Bag;
}

/** Recorded bags are not part of the project; whoever has a corpus names its folder. */
const corpus = process.env.STATEBAG_CORPUS;

function readBags(folder: string): Sample[] {
  if (corpus === undefined) return [];
  const root = join(corpus, folder);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.json') && !/[A-Z]{4}/.test(file),
  );
  return files
    .sort()
    .map((file) => ({ name: file, bag: unwrap(JSON.parse(readFileSync(join(root, file), 'utf8')) as Wrapped) }));
}

type Wrapped = Bag & { readonly state_data?: Wrapped; readonly bag?: Wrapped };

function unwrap(document: Wrapped): Bag {
  const inner = document.state_data ?? document.bag;
  return inner === undefined ? document : unwrap(inner);
}

const oldBags: Sample[] = readFixtures('state-bag.fat')
  .filter(({ issues }) => issues.length === 0)
  .map(({ name, document }) => ({ name, bag: document as Bag }));

describe('old bags', () => {
  it.each([...oldBags, ...readBags('bags')])(
    'are accepted as fat and refused as lean, the fat members named: $name',
    async ({ bag }) => {
      expect(await validateAll('state-bag.fat', [bag])).toEqual([[]]);
      expect(validateLeanBag(bag)).not.toEqual([]);
      const refused = validateLeanBag(bag).filter(({ keyword }) => keyword === 'not');
      const unwanted = ['workflow_config', 'partition_map', '_is_init', '_status', 'manifest_id'].filter(
        (name) => name in bag,
      );
      expect(refused.map(({ member }) => member)).toEqual(unwanted);
      expect((await detectSchemas([bag]))[0]).toMatch(/^state-bag\./);
    },
  );
});

const laterBags: Sample[] = [
  { name: 'one made here', bag: { ...without(leanBag, 'state_bag_version', 'start_time'), manifest_id: 'm-1' } },
];

describe('bags of later eras', () => {
  it.each([...laterBags, ...readBags('new-era')])('are no lean bags, with reasons: $name', ({ bag }) => {
    const members = validateLeanBag(bag).map(({ member }) => member);
    expect(members).toContain('state_bag_version');
    expect(members.includes('start_time')).toBe(!('start_time' in bag));
    expect(members.includes('manifest_id')).toBe('manifest_id' in bag);
  });
});
