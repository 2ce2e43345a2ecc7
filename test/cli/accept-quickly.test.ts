import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import { schemaNames } from '../../src/bag/validate/validate-against.js';
import { acceptQuickly } from '../../src/cli/validation/accept-quickly.js';
import { findIssues } from '../../src/cli/validation/find-issues.js';
import { detectedSchema, FAT, LEAN, namedSchema } from '../../src/cli/validation/schema-choice.js';
import type { SchemaChoice } from '../../src/cli/validation/schema-choice.js';
import { leanBag } from '../bag/validate/lean-bag.js';
import { readFixtures } from '../schemas/read-fixtures.js';

/** The long way's judgement, in the words of the quick one. */
async function slowly(bytes: Uint8Array, choice: SchemaChoice): Promise<readonly string[] | undefined> {
  const { schemas, issues } = await findIssues(bytes, choice, undefined);
  return issues.length === 0 ? schemas : undefined;
}

const choices: readonly (readonly [string, SchemaChoice, number])[] = [['auto', detectedSchema, 50], ['lean', namedSchema(LEAN), 10], ['fat', namedSchema(FAT), 30]];

describe('the quick way to accept a document', () => {
  it.each(choices)('gives the judgement of the long one on every fixture and on every bag of a fleet under %s', async (_, choice, least) => {
    const fixtures = schemaNames.flatMap((name) => readFixtures(name)).map(({ document }) => Buffer.from(JSON.stringify(document)));
    const fleet = Array.from(makeFleet({ seed: 3, bags: 60, workflows: 6, size: 'small' }), ({ bytes }) => bytes);
    let accepted = 0;
    for (const bytes of [...fixtures, ...fleet]) {
      const quick = await acceptQuickly(bytes, choice);
      if (quick) accepted++;
      // What only Python writes, `NaN`, is left to the long way.
      if (quick || !/NaN|Infinity/.test(Buffer.from(bytes).toString())) expect(quick).toEqual(await slowly(bytes, choice));
    }
    expect(accepted).toBeGreaterThan(least);
  });

  it.each(choices)('never accepts what the long one refuses under %s, whatever has become of the bytes', async (_, choice) => {
    const whole = Buffer.from(JSON.stringify({ workflow_config: {}, bag: leanBag }));
    const damage = fc.record({ at: fc.nat(whole.length), remove: fc.nat(6), insert: fc.uint8Array({ maxLength: 4 }) });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, remove, insert }) => {
        const bytes = Buffer.concat([whole.subarray(0, at), insert, whole.subarray(at + remove)]);
        const quick = await acceptQuickly(bytes, choice);
        if (quick) expect(await slowly(bytes, choice)).toEqual(quick);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(choices)('never accepts what the long one refuses under %s, whatever is next to the bag', async (_, choice) => {
    const program = fc.constantFrom<unknown>(null, '', {}, [], { nodes: [1] }, 'text', 's3://b/k', { __s3_pointer__: true, bucket: 'b', key: 'k' });
    const extra = fc.dictionary(fc.constantFrom('workflow_config', 'partition_map', 'branch_id', 'segment_config', 'state_bag_version', 'ownerId'), program, { maxKeys: 3 });
    const wrap = fc.array(fc.record({ name: fc.constantFrom('Payload', 'state_data', 'bag'), isText: fc.boolean(), extra }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(extra, wrap, async (inner, wrappers) => {
        const nest = (value: unknown, { name, isText, extra: beside }: (typeof wrappers)[number]) => ({ ...beside, [name]: isText ? JSON.stringify(value) : value });
        const bytes = Buffer.from(JSON.stringify(wrappers.reduce<unknown>(nest, { ...leanBag, ...inner })));
        expect((await acceptQuickly(bytes, choice)) ?? 'long').toEqual((await slowly(bytes, choice)) ?? 'long');
      }),
      { numRuns: 500 },
    );
  });
});
