import type { Migration } from '../../../src/bag/migration.js';

const FROM = 'idempotency_key';
const TO = 'execution_id';
const VERSION = 'state_bag_version';

/** A made-up version 3: the key of an execution has another name. */
export const leanV3: Migration = {
  id: 'lean-v3',
  from: 2,
  to: 3,
  up: (bag) => {
    const key = bag.text(FROM);
    if (key !== undefined) bag.replace(FROM, [{ name: TO, value: key }]);
    bag.replace(VERSION, [{ name: VERSION, value: 3 }]);
  },
  down: (bag) => {
    const key = bag.text(TO);
    if (key !== undefined) bag.replace(TO, [{ name: FROM, value: key }]);
    if (bag.has(VERSION)) bag.replace(VERSION, [{ name: VERSION, value: 2 }]);
  },
};
