import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteDraft, RawJson, ObjectDraft } from '../../src/bag/edit.js';
import { readDocument } from '../../src/bag/value.js';
import type { BagEdit, JsonValue } from '../../src/bag/edit.js';
import { applySplices } from '../../src/json/index.js';

function edited(text: string, change: (bag: BagEdit) => void): string {
  const bytes = Buffer.from(text);
  const draft = new ByteDraft(readDocument(bytes));
  change(draft);
  return Buffer.from(applySplices(bytes, draft.splices())).toString();
}

type Step = (bag: BagEdit) => void;

const NAMES = ['a', 'b', 'c', 'd', '__proto__'];
const name = fc.constantFrom(...NAMES);
const value = fc.constantFrom<JsonValue>(null, 1, 'x', '', true, ['y'], { a: 1 });
const added = fc.record({ name, value });

/** What a migration may do to a bag, made safe for any bag. */
const step: fc.Arbitrary<Step> = fc.oneof(
  name.map((one): Step => (bag) => {
    bag.remove(one);
  }),
  fc.tuple(name, fc.array(added, { maxLength: 2 })).map(([one, members]): Step => (bag) => {
    if (bag.has(one)) bag.replace(one, members);
  }),
  fc.tuple(added, fc.array(name, { maxLength: 2 })).map(([member, after]): Step => (bag) => {
    bag.insert(member, after);
  }),
  added.map((member): Step => (bag) => {
    bag.insertFirst(member);
  }),
);

// Tests the drafts themselves: the two migrations reach only a few sequences of changes.
describe('a draft', () => {
  it('of bytes and a draft of an object become the same under the same steps, and say the same on the way', () => {
    const bag = fc.uniqueArray(fc.tuple(name, value), { selector: ([one]) => one });
    fc.assert(
      fc.property(bag, fc.array(step, { maxLength: 6 }), (members, steps) => {
        const object = Object.fromEntries(members);
        const bytes = Buffer.from(JSON.stringify(object));
        const [inBytes, inObject] = [new ByteDraft(readDocument(bytes)), new ObjectDraft(object)];
        for (const change of steps) {
          change(inBytes);
          change(inObject);
          expect(NAMES.map((one) => [inBytes.has(one), inBytes.text(one)])).toEqual(
            NAMES.map((one) => [inObject.has(one), inObject.text(one)]),
          );
        }
        expect(inBytes.isChanged).toBe(inObject.isChanged);
        const text = Buffer.from(applySplices(bytes, inBytes.splices())).toString();
        expect(inObject.result()).toEqual(JSON.parse(text));
        expect(JSON.stringify(object)).toBe(bytes.toString());
      }),
      { numRuns: 1000 },
    );
  });

  it('puts what comes where what goes stood', () => {
    const text = '{ "a": 1, "b": 2, "c": 3 }';
    expect(
      edited(text, (bag) => {
        bag.replace('b', [
          { name: 'x', value: 4 },
          { name: 'y', value: 5 },
        ]);
      }),
    ).toBe('{ "a": 1, "x": 4, "y": 5, "c": 3 }');
    expect(
      edited(text, (bag) => {
        bag.replace('b', [{ name: 'b', value: 'new' }]);
      }),
    ).toBe('{ "a": 1, "b": "new", "c": 3 }');
    expect(
      edited(text, (bag) => {
        bag.remove('b');
        bag.insert({ name: 'x', value: 4 }, []);
      }),
    ).toBe('{ "a": 1, "x": 4, "c": 3 }');
    expect(
      edited(text, (bag) => {
        bag.replace('a', [{ name: 'x', value: 1 }]);
        bag.replace('c', [{ name: 'z', value: 1 }]);
        bag.insert({ name: 'y', value: 1 }, ['z', 'x']);
      }),
    ).toBe('{ "x": 1, "b": 2, "z": 1, "y": 1 }');
    expect(
      edited(text, (bag) => {
        bag.remove('c');
        bag.remove('b');
        bag.insertFirst({ name: 'x', value: 4 });
      }),
    ).toBe('{ "a": 1, "x": 4 }');
    expect(
      edited(text, (bag) => {
        bag.insertFirst({ name: 'x', value: 4 });
      }),
    ).toBe('{ "a": 1, "b": 2, "c": 3, "x": 4 }');
    expect(
      edited('{}', (bag) => {
        bag.insert({ name: 'x', value: 4 }, []);
      }),
    ).toBe('{"x":4}');
  });

  it('takes duplicates out with the one that counts', () => {
    const text = '{"a":1,"b":2,"a":3,"c":4,"a":5}';
    expect(
      edited(text, (bag) => {
        bag.remove('a');
      }),
    ).toBe('{"b":2,"c":4}');
    expect(
      edited(text, (bag) => {
        bag.replace('a', [{ name: 'x', value: 6 }]);
      }),
    ).toBe('{"b":2,"c":4,"x":6}');
    expect(
      edited('{"a":"one","a":"two"}', (bag) => {
        expect(bag.text('a')).toBe('two');
      }),
    ).toBe('{"a":"one","a":"two"}');
  });

  it('knows a member by its name however that is spelled, and keeps the spelling when the name stays', () => {
    expect(
      edited('{"\\u0061":1}', (bag) => {
        bag.replace('a', [{ name: 'a', value: 2 }]);
      }),
    ).toBe('{"\\u0061":2}');
    expect(
      edited('{"\\u0061":1}', (bag) => {
        bag.remove('a');
      }),
    ).toBe('{}');
  });

  it('takes raw JSON as it is', () => {
    const raw = new RawJson(Buffer.from('[1.0, 1e+16]'));
    expect(
      edited('{"a":1}', (bag) => {
        bag.replace('a', [{ name: 'b', value: raw }]);
      }),
    ).toBe('{"b":[1.0, 1e+16]}');
    const draft = new ObjectDraft({ a: 1 });
    draft.replace('a', [{ name: 'b', value: raw }]);
    expect(draft.result()).toEqual({ b: [1, 1e16] });
  });

  it('refuses to replace what is not there', () => {
    const expected = expect.objectContaining({ name: 'InternalError', code: 'MEMBER_ABSENT' }) as unknown;
    expect(() => {
      new ObjectDraft({}).replace('a', []);
    }).toThrow(expected);
  });

  it('forgets a member that was replaced by others, and knows the ones that came', () => {
    const draft = new ObjectDraft({ a: 'old', b: 2 });
    draft.replace('a', [{ name: 'x', value: 'new' }]);
    expect([draft.has('a'), draft.has('x'), draft.text('x'), draft.text('b'), draft.text('a')]).toEqual([
      false,
      true,
      'new',
      undefined,
      undefined,
    ]);
    draft.replace('x', [{ name: 'y', value: 1 }]);
    expect(draft.result()).toEqual({ y: 1, b: 2 });
    expect(Object.keys(draft.result())).toEqual(['y', 'b']);
  });

  it('shares what it does not change, and makes an own member of __proto__', () => {
    const kept = { deep: [1] };
    const draft = new ObjectDraft(JSON.parse('{"__proto__":{"x":1},"a":1}') as Record<string, unknown>);
    draft.insert({ name: 'k', value: 1 }, []);
    expect(Object.keys(draft.result())).toEqual(['__proto__', 'a', 'k']);
    expect(new ObjectDraft({ kept }).result().kept).toBe(kept);
  });

  it('reaches through the strings that carry its bag', () => {
    const inner = '{"a":"é\\u00e9","b":[1.0]}';
    const text = `{"Payload":${JSON.stringify(`{"bag":${JSON.stringify(inner)}}`)},"z":0}`;
    const root = readDocument(Buffer.from(text));
    const bag = root.member('Payload')!.embedded()!.member('bag')!.embedded()!;
    const draft = new ByteDraft(bag);
    draft.replace('b', [{ name: 'c', value: 'q"\\' }]);
    const after = JSON.parse(Buffer.from(applySplices(Buffer.from(text), draft.splices())).toString()) as {
      Payload: string;
    };
    expect((JSON.parse(after.Payload) as { bag: string }).bag).toBe('{"a":"é\\u00e9","c":"q\\"\\\\"}');
  });
});
