import { expect, it } from 'vitest';
import { acceptQuickly } from '../../src/cli/validation/accept-quickly.js';
import { namedSchema } from '../../src/cli/validation/schema-choice.js';
import { smallBag } from './fleet-dir.js';

const accepted = (text: string) => acceptQuickly(Buffer.from(text), namedSchema('state-bag.fat'));

it('validate accepts a valid bag without a scan of its bytes', async () => {
  const taken = { schemas: ['state-bag.fat'], holdsBag: true };
  expect(await accepted(smallBag())).toEqual(taken);
  expect(await accepted(`{"state_data":${smallBag()}}`)).toEqual(taken);
});

it.each([
  ['a schema that it does not satisfy', smallBag({ workflow_config: 7 })],
  ['two owners', smallBag({ owner_id: 'other' })],
])('validate scans the bytes of a bag with %s', async (_, text) => {
  expect(await accepted(text)).toBe(undefined);
});
