import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readDocument } from '../../src/bag/value.js';
import { readSpelled } from '../../src/cli/schema-diff/load-world.js';
import { compareSchemas } from '../../src/schema/compare.js';
import { SchemaWorld } from '../../src/schema/schema-world.js';
import type { Json } from './changes.js';
import { CONTEXTS, DOCUMENTS, KEYWORDS } from './keyword-schemas.js';
import type { Part } from './keyword-schemas.js';

/** Fixed, so that a run in CI is the same everywhere; `STATEBAG_SOAK=1` takes another one each time. */
const SEED = process.env.STATEBAG_SOAK === '1' ? Date.now() % 2 ** 31 : 20_261_130;
const RUNS = process.env.STATEBAG_SOAK === '1' ? 800 : 40;

/** Pairs of which some document tells one schema from the other. Fewer would assert nothing. */
const LEAST_DIFFERENT = 8;

interface Counts {
  readonly runs: number;
  readonly different: number;
  readonly unknown: number;
}

const counts = new Map<string, Counts>();

interface Choice {
  readonly parts: readonly [Part, Part];
  readonly beside: readonly [Part, Part];
  readonly context: (schema: unknown) => Json;
}

/** Two schemas that differ in a keyword, next to another keyword that is the same in two of three cases. */
function choices(keyword: string): fc.Arbitrary<Choice> {
  const other = fc.constantFrom(...Object.keys(KEYWORDS)).chain((name) => KEYWORDS[name]!);
  const none = fc.constant<Part>({ schema: {} });
  const same = (part: Part): [Part, Part] => [part, part];
  return fc.record({
    parts: fc.tuple(KEYWORDS[keyword]!, KEYWORDS[keyword]!),
    beside: fc.oneof(none.map(same), other.map(same), fc.tuple(other, other)),
    context: fc.constantFrom(...CONTEXTS),
  });
}

/** Another keyword may be the same one, or hold the same name in `$defs`: the first is kept. */
function schemaOf({ parts, beside, context }: Choice, side: 0 | 1): Json {
  const [part, other] = [parts[side], beside[side]];
  const schema =
    typeof part.schema === 'object' ? { ...(other.schema as Json), ...(part.schema as Json) } : part.schema;
  return { $id: 'https://example.test/root', ...context(schema), $defs: { ...other.$defs, ...part.$defs } };
}

function effectsOf(before: Json, after: Json): ReadonlySet<string> {
  const [old, now] = [before, after].map((schema) => {
    const root = readSpelled('schema', readDocument(Buffer.from(JSON.stringify(schema))));
    return new SchemaWorld({ address: 'file:///schema.json', schema: root as Json });
  });
  return new Set(compareSchemas(old!, now!).map(({ effect }) => effect));
}

/** `undefined` where ajv fails, as it does for some `unevaluatedItems`, and for an anchor that is there twice. */
function verdicts(schema: Json): readonly boolean[] | undefined {
  const ajv = new Ajv2020({ strict: false, logger: false, ownProperties: true, meta: false, validateSchema: false });
  addFormats.default(ajv);
  try {
    const validate = ajv.compile(schema);
    return DOCUMENTS.map((document) => validate(document));
  } catch {
    return undefined;
  }
}

/** Ajv is wrong about elements that `contains` evaluates. */
const isJudged = (schema: Json) =>
  !/"unevaluatedItems".*"contains"|"contains".*"unevaluatedItems"/.test(JSON.stringify(schema));

function check(keyword: string, choice: Choice): void {
  const [before, after] = [schemaOf(choice, 0), schemaOf(choice, 1)];
  if (!isJudged(before) || !isJudged(after)) return;
  const [was, is] = [verdicts(before), verdicts(after)];
  if (!was || !is) return;
  const effects = effectsOf(before, after);
  const stored = DOCUMENTS.filter((_, index) => was[index] && !is[index]);
  const readers = DOCUMENTS.filter((_, index) => !was[index] && is[index]);
  const { runs = 0, different = 0, unknown = 0 } = counts.get(keyword) ?? {};
  counts.set(keyword, {
    runs: runs + 1,
    different: different + (stored.length + readers.length > 0 ? 1 : 0),
    unknown: unknown + (effects.has('unknown') ? 1 : 0),
  });
  if (effects.has('unknown')) return;
  if (!effects.has('narrower')) expect({ before, after, stored }).toEqual({ before, after, stored: [] });
  if (!effects.has('wider')) expect({ before, after, readers }).toEqual({ before, after, readers: [] });
}

describe('a document that one schema accepts and the other refuses', () => {
  it.each(Object.keys(KEYWORDS))('never goes with an answer that is compatible: %s', (keyword) => {
    fc.assert(
      fc.property(choices(keyword), (choice) => {
        check(keyword, choice);
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(counts.get(keyword)!.different).toBeGreaterThanOrEqual(LEAST_DIFFERENT);
  });

  afterAll(() => {
    const rows = [...counts].map(([keyword, { runs, different, unknown }]) => ({ keyword, runs, different, unknown }));
    process.stdout.write(`schema diff, seed ${SEED}: keyword, pairs, pairs that differ, answers "unknown"\n`);
    for (const row of rows) process.stdout.write(`  ${Object.values(row).join(' ')}\n`);
  });
});
