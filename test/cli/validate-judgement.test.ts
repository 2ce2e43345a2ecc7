import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import { leanBag } from '../validate/lean-bag.js';
import { readFixtures } from '../schemas/read-fixtures.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const SCHEMAS = ['lean', 'fat', 'auto'] as const;
type Choice = (typeof SCHEMAS)[number];

interface Report {
  readonly documents: readonly { readonly file: string; readonly valid: boolean }[];
}

/** Which documents `validate` accepts, each in a file of its own. */
async function acceptsFiles(texts: readonly (string | Uint8Array)[], schema: Choice): Promise<readonly boolean[]> {
  const names = texts.map((text, index) => {
    writeFileSync(join(scratch.dir, `${index}.json`), text);
    return `${index}.json`;
  });
  const { out } = await statebag(scratch.dir, ['validate', '--json', '--schema', schema, '--', ...names]);
  const verdicts = new Map((JSON.parse(out) as Report).documents.map(({ file, valid }) => [file, valid]));
  expect(verdicts.size).toBe(texts.length);
  return names.map((name) => verdicts.get(name)!);
}

/** Which documents `validate` accepts as the lines of standard input. */
async function acceptsLines(texts: readonly string[], schema: Choice): Promise<readonly boolean[]> {
  const { out } = await statebag(scratch.dir, ['validate', '-', '--json', '--schema', schema], {
    stdin: texts.join('\n'),
  });
  const { documents } = JSON.parse(out) as Report;
  expect(documents).toHaveLength(texts.length);
  return documents.map(({ valid }) => valid);
}

/** The same verdict by both ways, as files and as lines. */
async function accepts(texts: readonly string[], schema: Choice): Promise<readonly boolean[]> {
  const files = await acceptsFiles(texts, schema);
  expect(await acceptsLines(texts, schema)).toEqual(files);
  return files;
}

describe('every fixture of a schema', () => {
  const fixtures = (
    ['state-bag.v2', 'state-bag.fat', 'segment-manifest.v1', 'pointers.v1', 'journal.v1', 'plan.v1'] as const
  ).flatMap(readFixtures);

  /** Fixtures with another verdict than the rule below gives. */
  const OTHERWISE: Readonly<Record<Choice, readonly string[]>> = {
    lean: [],
    fat: ['a-path-is-an-object', 'the-bag-is-a-list', 'the-bag-is-null'],
    auto: [
      'a-stamped-bag-that-an-old-runner-filled-again',
      'an-empty-list',
      'the-manifest-is-a-string',
      'a-journal-line-in-a-plan',
    ],
  };

  it.each(SCHEMAS)('is accepted with --schema %s exactly when its place says so', async (schema) => {
    const verdicts = await accepts(
      fixtures.map(({ document }) => JSON.stringify(document)),
      schema,
    );
    const isExpected: Readonly<Record<Choice, (name: string, isValid: boolean) => boolean>> = {
      lean: (name, isValid) => name === 'state-bag.v2' && isValid,
      // Of a lean bag it asks little more than that it is an object.
      fat: (name, isValid) => name === 'state-bag.v2' || (name === 'state-bag.fat' && isValid),
      auto: (_, isValid) => isValid,
    };
    const wrong = fixtures.filter(
      ({ schema: name, issues }, index) => verdicts[index] !== isExpected[schema](name, issues.length === 0),
    );
    expect(wrong.map(({ name }) => name)).toEqual(OTHERWISE[schema]);
  });
});

describe('every bag of a fleet of old bags', () => {
  const fleet = Array.from(makeFleet({ seed: 3, bags: 60, workflows: 6, size: 'small' }), ({ bytes }) => bytes);

  it.each([
    ['lean', false],
    ['fat', true],
    ['auto', true],
  ] as const)('with --schema %s is accepted: %s', async (schema, expected) => {
    expect(new Set(await acceptsFiles(fleet, schema))).toEqual(new Set([expected]));
  });
});

describe('a document whose bytes were damaged', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const load = (name: string) =>
    JSON.parse(readFileSync(new URL(`../../schemas/${name}.json`, import.meta.url), 'utf8')) as { $id: string };
  const published = { lean: load('state-bag.v2'), fat: load('state-bag.fat') };
  for (const name of ['segment-manifest.v1', 'pointers.v1']) ajv.addSchema(load(name));
  const isLean = ajv.compile(published.lean);
  const isFat = ajv.compile(published.fat);

  it.each(SCHEMAS)('is accepted with --schema %s only when it is JSON with a bag of that schema', async (schema) => {
    const whole = Buffer.from(JSON.stringify({ workflow_config: {}, bag: leanBag }));
    const damage = fc.record({ at: fc.nat(whole.length), remove: fc.nat(6), insert: fc.uint8Array({ maxLength: 4 }) });
    const damaged = fc
      .sample(damage, { numRuns: 300, seed: 7 })
      .map(({ at, remove, insert }) => Buffer.concat([whole.subarray(0, at), insert, whole.subarray(at + remove)]));
    const verdicts = await acceptsFiles(damaged, schema);
    const accepted = damaged.filter((_, index) => verdicts[index]);
    for (const bytes of accepted) {
      const document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as {
        readonly bag?: unknown;
      };
      const levels = [document, document.bag];
      expect(levels.some((level) => (schema === 'fat' ? isFat(level) : isLean(level)))).toBe(true);
    }
    expect(accepted.length).toBeGreaterThan(20);
    expect(accepted.length).toBeLessThan(200);
  });
});

describe('a lean bag', () => {
  const VALUES: Readonly<Record<string, unknown>> = {
    null: null,
    'an empty text': '',
    'an empty object': {},
    'an empty list': [],
    'a program': { nodes: [1] },
    'a text': 'text',
    'a path': 's3://b/k',
    'a pointer': { __s3_pointer__: true, bucket: 'b', key: 'k' },
  };
  const ALL = Object.keys(VALUES);
  const but = (...names: readonly string[]) => ALL.filter((name) => !names.includes(name));

  const inBag: readonly (readonly [member: string, refused: readonly string[]])[] = [
    ['workflow_config', ALL],
    ['partition_map', ALL],
    ['branch_id', []],
    ['segment_config', []],
    ['state_bag_version', ALL],
    ['ownerId', but('a text', 'a path')],
  ];
  const besideBag: typeof inBag = [
    ['workflow_config', ['a program', 'a text']],
    ['partition_map', []],
    ['branch_id', []],
    ['segment_config', []],
    ['state_bag_version', []],
    ['ownerId', ['an empty object', 'an empty list', 'a program', 'a text', 'a path', 'a pointer']],
  ];

  const refusedOf = async (schema: Choice, member: string, make: (value: unknown) => object) => {
    const texts = ALL.map((name) => JSON.stringify(make({ [member]: VALUES[name] })));
    const verdicts = await accepts(texts, schema);
    return ALL.filter((_, index) => !verdicts[index]);
  };

  describe.each(['lean', 'auto'] as const)('with --schema %s', (schema) => {
    it.each(inBag)('whose member %s is replaced is refused for %j', async (member, refused) => {
      expect(await refusedOf(schema, member, (more) => ({ ...leanBag, ...(more as object) }))).toEqual(refused);
    });

    it.each(besideBag)('in an envelope with a member %s is refused for %j', async (member, refused) => {
      expect(await refusedOf(schema, member, (more) => ({ ...(more as object), bag: leanBag }))).toEqual(refused);
    });
  });

  describe('with --schema fat', () => {
    it.each<(typeof inBag)[number]>([
      ['workflow_config', ['an empty list']],
      ['partition_map', ['a program']],
      ['branch_id', []],
      ['segment_config', []],
      ['state_bag_version', []],
      ['ownerId', ['an empty object', 'an empty list', 'a program', 'a pointer']],
    ])('whose member %s is replaced is refused for %j', async (member, refused) => {
      expect(await refusedOf('fat', member, (more) => ({ ...leanBag, ...(more as object) }))).toEqual(refused);
    });

    it.each<(typeof inBag)[number]>([
      ['workflow_config', []],
      ['partition_map', []],
      ['branch_id', []],
      ['segment_config', []],
      ['state_bag_version', []],
      ['ownerId', ['an empty object', 'an empty list', 'a program', 'a text', 'a path', 'a pointer']],
    ])('in an envelope with a member %s is refused for %j', async (member, refused) => {
      expect(await refusedOf('fat', member, (more) => ({ ...(more as object), bag: leanBag }))).toEqual(refused);
    });
  });
});

describe('a lean bag in an envelope', () => {
  const fat = { ...leanBag, state_bag_version: undefined, workflow_config: { nodes: [1] } };
  const mixed = { __s3_pointer__: true, bucket: 'b', key: `state-members/o/w/${'0'.repeat(64)}/x.json`, merged: 1 };

  const BESIDE: readonly (readonly [name: string, members: object])[] = [
    ['nothing', {}],
    ['the text "NaN"', { x: 'NaN' }],
    ['a fat bag under bag', { bag: fat }],
    ['a fat bag as a JSON string under state_data', { state_data: JSON.stringify(fat) }],
    ['a lean bag under Payload', { Payload: leanBag }],
    ['a mixed pointer in a JSON string in a JSON string', { note: JSON.stringify(JSON.stringify({ a: mixed })) }],
  ];

  /** Spellings that one reader of JSON takes for another document than the next one. */
  const SPELLINGS: readonly (readonly [name: string, spell: (text: string) => string])[] = [
    ['as JSON.stringify spells it', (text) => text],
    ["with Python's NaN", (text) => text.replaceAll('"NaN"', 'NaN')],
    ['with escaped letters', (text) => text.replaceAll('bag', 'b\\u0061g').replaceAll('pointer', 'p\\u006finter')],
    ['with a second member bag that is null', (text) => text.replace(/\}$/, ',"bag":null}')],
  ];

  /**
   * For each wrapper one word for each row of BESIDE, with one letter for each row of SPELLINGS: v for valid. A second
   * member `bag` takes the place of the first.
   */
  const LEAN = {
    Payload: 'vvvv vvvv ---- ---- vvvv ----',
    state_data: 'vvvv vvvv ---- vvvv vvvv ----',
    bag: 'vvv- vvv- vvv- ---- vvv- ----',
  };
  const FAT = {
    Payload: 'vvvv vvvv vvv- vvvv vvvv ----',
    state_data: 'vvvv vvvv vvv- vvvv vvvv ----',
    bag: 'vvv- vvv- vvv- vvv- vvv- ----',
  };
  const VERDICTS: Readonly<Record<Choice, Readonly<Record<string, string>>>> = { lean: LEAN, fat: FAT, auto: LEAN };

  const words = (verdicts: readonly boolean[]) =>
    BESIDE.map((_, row) =>
      SPELLINGS.map((_spelling, column) => (verdicts[row * SPELLINGS.length + column] ? 'v' : '-')).join(''),
    ).join(' ');
  const rows = SCHEMAS.flatMap((schema) =>
    Object.entries(VERDICTS[schema]).map(([wrapper, verdicts]) => [schema, wrapper, verdicts] as const),
  );

  describe.each(rows)('with --schema %s under %s', (schema, wrapper, verdicts) => {
    it.each([false, true])('has the known verdict whatever is beside it (as a JSON string: %s)', async (isText) => {
      const texts = BESIDE.flatMap(([, members]) =>
        SPELLINGS.map(([, spell]) =>
          spell(JSON.stringify({ ...members, [wrapper]: isText ? JSON.stringify(leanBag) : leanBag })),
        ),
      );
      expect(words(await accepts(texts, schema))).toBe(verdicts);
    });

    it('has the same verdict however the JSON string that holds it is spelled', async () => {
      const texts = BESIDE.flatMap(([, members]) =>
        SPELLINGS.map(([, spell]) => JSON.stringify({ ...members, [wrapper]: spell(JSON.stringify(leanBag)) })),
      );
      const plain = verdicts.split(' ').map((word) => word[0]!.repeat(SPELLINGS.length));
      expect(words(await accepts(texts, schema))).toBe(plain.join(' '));
    });
  });
});
