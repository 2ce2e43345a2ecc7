import type { ByteValue } from '../bag/value.js';
import type { BagDocument } from '../bag/bag.js';
import { ConflictError, StoreError } from '../errors.js';
import type { StateBagError } from '../errors.js';
import { chooseMembers, tooLarge } from '../adapter/budget.js';
import { offload } from '../adapter/offload.js';
import type { WireWork } from './engine.js';
import { TextEdit } from './text-edit.js';
import type { Text } from './text-edit.js';

/** A result that fits. */
export interface FittedText {
  readonly bytes: Uint8Array;
  readonly offloaded: readonly string[];
  readonly bytesSaved: number;
}

/**
 * Holds a result to the budget, counted on the very bytes that Lambda will send; further members of its bags go to the
 * store until it fits. Throws `BagError` `PAYLOAD_TOO_LARGE` when it cannot fit, and what the store said when a bag is
 * too large only because the store did not take its program: then other members would be blobs that a second try does
 * not want.
 */
export async function fitText(
  text: Text,
  { bags }: BagDocument<ByteValue>,
  left: StateBagError | undefined,
  work: WireWork,
): Promise<FittedText> {
  const { maxResultBytes = Infinity } = work.engine.settings;
  const { bytes } = text;
  if (bytes.length <= maxResultBytes) return { bytes, offloaded: [], bytesSaved: 0 };
  if (left instanceof StoreError || left instanceof ConflictError) throw left;
  const chosen = await chooseMembers(bags, bytes.length - maxResultBytes, work);
  const edit = new TextEdit(text);
  for (const { bag, name, planned } of chosen) edit.put(bag.value, { name, value: planned.pointer });
  const fitted = edit.bytes();
  if (fitted.length > maxResultBytes)
    throw tooLarge(fitted.length, maxResultBytes, 'what is left in it may not be offloaded');
  // Only now, so that a result which does not fit leaves no blob behind that nothing points to.
  if (chosen.length > 0)
    await offload(
      chosen.map(({ planned }) => planned.blob),
      work,
    );
  return { bytes: fitted, offloaded: chosen.map(({ name }) => name), bytesSaved: bytes.length - fitted.length };
}
