import { BagDraft } from './draft.js';
import { RawJson } from './document.js';
import { objectReader } from './object-reader.js';

type Bag = Readonly<Record<string, unknown>>;
interface Original {
  readonly value: unknown;
}

/** A bag changed as a parsed object. The caller's object stays as it is; unchanged members are shared with it. */
export class ObjectDraft extends BagDraft<Original> {
  constructor(bag: Bag) {
    super(Object.entries(bag).map(([name, value]) => ({ name, original: { value } })));
  }

  protected textOf(original: Original): string | undefined {
    return typeof original.value === 'string' ? original.value : undefined;
  }

  /** A new bag with the changes. */
  result(): Record<string, unknown> {
    const entries = this.slots.flatMap((slot): [string, unknown][] => {
      if (slot.replacement) {
        return slot.replacement.map(({ name, value }) => [
          name,
          value instanceof RawJson ? objectReader.parse(value.bytes) : value,
        ]);
      }
      return slot.original && slot.name !== undefined ? [[slot.name, slot.original.value]] : [];
    });
    // `fromEntries` defines members, where assignment would set the prototype for a key `__proto__`.
    return Object.fromEntries(entries);
  }
}
