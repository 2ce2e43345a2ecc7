import { CONFIG, MAP } from '../bag/members.js';
import { detectField, isEmpty } from '../bag/bag.js';
import { detectPointer } from '../bag/pointers.js';
import { ObjectValue } from '../bag/value.js';
import type { BagOutline } from '../bag/rewrite.js';
import { SchemaError } from '../errors/index.js';
import { assertLeanBag } from './lean-bag.js';

/**
 * The gate before a commit: what was made is what was meant. A lean bag satisfies the schema of the newest version; a
 * bridge bag has legacy-readable pointers, or empty values, under the old names. Throws `SchemaError` `BAG_INVALID`.
 */
export function assertOutline({ path, members, filled }: BagOutline, target: 'lean' | 'bridge'): void {
  if (target === 'lean') {
    assertLeanBag(members);
    return;
  }
  for (const name of [CONFIG, MAP]) {
    const value = new ObjectValue(members[name]);
    const isLeftEmpty = !filled.includes(name) && isEmpty(detectField(value));
    if (!isLeftEmpty && detectPointer(value)?.dialect !== 's3-pointer') {
      throw new SchemaError(
        'BAG_INVALID',
        `"${name}" of the bag at /${path.join('/')} is no pointer after the rewrite`,
      );
    }
  }
}
