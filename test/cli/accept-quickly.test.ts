import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import { schemaNames } from '../../src/bag/validate/validate-against.js';
import { acceptQuickly } from '../../src/cli/validation/accept-quickly.js';
import { findIssues } from '../../src/cli/validation/find-issues.js';
import { detectedSchema } from '../../src/cli/validation/schema-choice.js';
import { leanBag } from '../bag/validate/lean-bag.js';
import { readFixtures } from '../schemas/read-fixtures.js';

/** The long way's judgement, in the words of the quick one. */
async function slowly(bytes: Uint8Array): Promise<readonly string[] | undefined> {
  const { schemas, issues } = await findIssues(bytes, detectedSchema, undefined);
  return issues.length === 0 ? schemas : undefined;
}

describe('the quick way to accept a document', () => {
  it('gives the judgement of the long one on every fixture and on every bag of a fleet', async () => {
    const fixtures = schemaNames.flatMap((name) => readFixtures(name)).map(({ document }) => Buffer.from(JSON.stringify(document)));
    const fleet = Array.from(makeFleet({ seed: 3, bags: 60, workflows: 6, size: 'small' }), ({ bytes }) => bytes);
    let accepted = 0;
    for (const bytes of [...fixtures, ...fleet]) {
      const quick = await acceptQuickly(bytes, detectedSchema);
      if (quick) accepted++;
      // What only Python writes, `NaN`, is left to the long way.
      if (quick || !/NaN|Infinity/.test(Buffer.from(bytes).toString())) expect(quick).toEqual(await slowly(bytes));
    }
    expect(accepted).toBeGreaterThan(50);
  });

  it('never accepts what the long one refuses, whatever has become of the bytes', async () => {
    const whole = Buffer.from(JSON.stringify({ bag: leanBag }));
    const damage = fc.record({ at: fc.nat(whole.length), remove: fc.nat(6), insert: fc.uint8Array({ maxLength: 4 }) });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, remove, insert }) => {
        const bytes = Buffer.concat([whole.subarray(0, at), insert, whole.subarray(at + remove)]);
        const quick = await acceptQuickly(bytes, detectedSchema);
        if (quick) expect(await slowly(bytes)).toEqual(quick);
      }),
      { numRuns: 2000 },
    );
  });
});
