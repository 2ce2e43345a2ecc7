import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import { schemaNames } from '../../src/bag/validate/validate-against.js';
import { acceptQuickly } from '../../src/cli/validation/accept-quickly.js';
import { findIssues } from '../../src/cli/validation/find-issues.js';
import { detectedSchema, FAT, LEAN, namedSchema } from '../../src/cli/validation/schema-choice.js';
import type { Taken } from '../../src/cli/validation/issue.js';
import type { SchemaChoice } from '../../src/cli/validation/schema-choice.js';
import { leanBag } from '../bag/validate/lean-bag.js';
import { readFixtures } from '../schemas/read-fixtures.js';

/** The long way's judgement, in the words of the quick one. */
async function slowly(bytes: Uint8Array, choice: SchemaChoice): Promise<Taken | undefined> {
  const { issues, ...taken } = await findIssues(bytes, choice, undefined);
  return issues.length === 0 ? taken : undefined;
}

const fat = { ...leanBag, state_bag_version: undefined, workflow_config: { nodes: [1] } };
const mixed = { __s3_pointer__: true, bucket: 'b', key: `state-members/o/w/${'0'.repeat(64)}/x.json`, merged: 1 };

const choices: readonly (readonly [string, SchemaChoice, number])[] = [
  ['auto', detectedSchema, 50],
  ['lean', namedSchema(LEAN), 10],
  ['fat', namedSchema(FAT), 30],
];

describe('the quick way to accept a document', () => {
  it.each(choices)(
    'gives the judgement of the long one on every fixture and on every bag of a fleet under %s',
    async (_, choice, least) => {
      const fixtures = schemaNames
        .flatMap((name) => readFixtures(name))
        .map(({ document }) => Buffer.from(JSON.stringify(document)));
      const fleet = Array.from(makeFleet({ seed: 3, bags: 60, workflows: 6, size: 'small' }), ({ bytes }) => bytes);
      let accepted = 0;
      for (const bytes of [...fixtures, ...fleet]) {
        const quick = await acceptQuickly(bytes, choice);
        if (quick) accepted++;
        // What only Python writes, `NaN`, is left to the long way.
        if (quick || !/NaN|Infinity/.test(Buffer.from(bytes).toString()))
          expect(quick).toEqual(await slowly(bytes, choice));
      }
      expect(accepted).toBeGreaterThan(least);
    },
  );

  it.each(choices)(
    'never accepts what the long one refuses under %s, whatever has become of the bytes',
    async (_, choice) => {
      const whole = Buffer.from(JSON.stringify({ workflow_config: {}, bag: leanBag }));
      const damage = fc.record({
        at: fc.nat(whole.length),
        remove: fc.nat(6),
        insert: fc.uint8Array({ maxLength: 4 }),
      });
      await fc.assert(
        fc.asyncProperty(damage, async ({ at, remove, insert }) => {
          const bytes = Buffer.concat([whole.subarray(0, at), insert, whole.subarray(at + remove)]);
          const quick = await acceptQuickly(bytes, choice);
          if (quick) expect(await slowly(bytes, choice)).toEqual(quick);
        }),
        { numRuns: 1000 },
      );
    },
  );

  it.each(choices)(
    'never accepts what the long one refuses under %s, whatever is next to the bag',
    async (_, choice) => {
      const program = fc.constantFrom<unknown>(null, '', {}, [], { nodes: [1] }, 'text', 's3://b/k', {
        __s3_pointer__: true,
        bucket: 'b',
        key: 'k',
      });
      const extra = fc.dictionary(
        fc.constantFrom(
          'workflow_config',
          'partition_map',
          'branch_id',
          'segment_config',
          'state_bag_version',
          'ownerId',
        ),
        program,
        { maxKeys: 3 },
      );
      const odd = fc.constantFrom(
        {},
        { x: 'NaN' },
        { bag: fat },
        { state_data: JSON.stringify(fat) },
        { Payload: leanBag },
        { current_state: JSON.stringify(JSON.stringify({ a: mixed })) },
      );
      const wrap = fc.array(
        fc.record({ name: fc.constantFrom('Payload', 'state_data', 'bag'), isText: fc.boolean(), extra, odd }),
        { maxLength: 3 },
      );
      // What reads differently for `JSON.parse`, or hides there: Python's numbers, escaped letters, a member that is
      // there twice.
      const twist = fc.constantFrom(
        (text: string) => text,
        (text: string) => text.replaceAll('"NaN"', 'NaN'),
        (text: string) => text.replaceAll('bag', 'b\\u0061g').replaceAll('pointer', 'p\\u006finter'),
        (text: string) => text.replace(/\}$/, ',"bag":null}'),
      );
      await fc.assert(
        fc.asyncProperty(extra, wrap, twist, twist, async (inner, wrappers, within, around) => {
          const nest = (value: unknown, { name, isText, extra: beside, odd: member }: (typeof wrappers)[number]) => ({
            ...beside,
            ...member,
            [name]: isText ? within(JSON.stringify(value)) : value,
          });
          const text = around(JSON.stringify(wrappers.reduce<unknown>(nest, { ...leanBag, ...inner })));
          const [quick, slow] = [
            await acceptQuickly(Buffer.from(text), choice),
            await slowly(Buffer.from(text), choice),
          ];
          // Odd texts are left to the long way; all others have its judgement.
          if (quick || !/NaN|\\u00|\\"/.test(text)) expect(quick ?? 'long').toEqual(slow ?? 'long');
        }),
        { numRuns: 1000 },
      );
    },
  );
});
