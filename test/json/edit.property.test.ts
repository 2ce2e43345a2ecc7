import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applySplices,
  invertSplices,
  LEAF,
  type MemberEdit,
  type NewMember,
  scanJson,
  spliceMembers,
} from '../../src/json/index.js';
import { jsonText, stringText, textOf, utf8, whitespace } from './json-text.js';

/** A member as its bytes: key, what stands between, value. */
interface Entry {
  readonly key: string;
  readonly colon: string;
  readonly value: string;
}

const key = fc.oneof(
  fc.constantFrom('"a"', '"b"', '"\\u0061"', '"__proto__"', '"7"'),
  stringText({ loneSurrogates: true }),
);
const blanks = fc.tuple(whitespace, whitespace);
const pairs = fc.array(fc.tuple(key, jsonText), { maxLength: 6 });

/** Objects in one style throughout, as programs write them, or in a style that changes all the time. */
const regular = fc
  .tuple(
    pairs,
    fc.constantFrom(['', ':', ','], ['', ': ', ', '], ['\n  ', ': ', ',\n  '], ['\r\n\t', ' : ', ',\r\n\t']),
  )
  .map(([entries, [open = '', colon = '', comma = '']]) => ({
    entries: entries.map(([name, value]): Entry => ({ key: name, colon, value })),
    text: `{${open}${entries.map(([name, value]) => name + colon + value).join(comma)}${open.slice(0, 2)}}`,
  }));

const irregular = fc.array(fc.tuple(blanks, key, blanks, jsonText), { maxLength: 6 }).map((parts) => ({
  entries: parts.map(([, name, [a, b], value]): Entry => ({ key: name, colon: `${a}:${b}`, value })),
  text: `{${parts.map(([[before, after], name, [a, b], value]) => `${before}${name}${a}:${b}${value}${after}`).join(',')}}`,
}));

const newMember = fc.tuple(fc.constantFrom('a', 'state_bag_version', 'é"\\', '__proto__'), jsonText);
const edit = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ kind: 'keep' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'remove' as const }) },
  fc.array(newMember, { maxLength: 3 }).map((members) => ({ kind: 'replace' as const, members })),
  jsonText.map((value) => ({ kind: 'same' as const, value })),
);
type Plan = typeof edit extends fc.Arbitrary<infer T> ? T : never;

function made([name, json]: readonly [string, string]): NewMember {
  return { name, json: utf8(json) };
}

/** `same` replaces a member by one of its own name. */
function editOf(plan: Plan, name: string): MemberEdit {
  if (plan.kind === 'same') return { kind: 'replace', members: [made([name, plan.value])] };
  return plan.kind === 'replace' ? { kind: 'replace', members: plan.members.map(made) } : plan;
}

/** Name and value text of each member that must be there afterwards, in order; bytes where they must not change. */
function expectedEntries(entry: Entry, plan: Plan): (readonly [name: string, value: string, bytes?: string])[] {
  const name = JSON.parse(entry.key) as string;
  if (plan.kind === 'keep') return [[name, entry.value, entry.key + entry.colon + entry.value]];
  if (plan.kind === 'remove') return [];
  if (plan.kind === 'same') return [[name, plan.value, entry.key + entry.colon + plan.value]];
  return plan.members.map(([newName, value]) => [newName, value]);
}

const scenario = fc.record({
  object: fc.oneof(regular, irregular),
  plans: fc.array(edit, { minLength: 6, maxLength: 6 }),
  append: fc.array(newMember, { maxLength: 2 }),
  around: fc.tuple(whitespace, whitespace),
});

describe('for any object, formatting and edits', () => {
  it('the result has the edited members in order, the others byte for byte, and can be undone', () => {
    fc.assert(
      fc.property(scenario, ({ object: { text, entries }, plans, append, around: [before, after] }) => {
        const bytes = utf8(`[${before}${text}${after}]`);
        const object = scanJson(bytes, { items: { anyMember: LEAF } }).items![0]!;
        const edits = object.members!.map(({ name }, index) => editOf(plans[index]!, name));
        const splices = spliceMembers(bytes, object, edits, append.map(made));
        const result = applySplices(bytes, splices);
        const found = scanJson(result, { items: { anyMember: LEAF } }).items![0]!.members!;
        const expected = [...entries.flatMap((entry, index) => expectedEntries(entry, plans[index]!)), ...append];

        const text2 = (start: number, end: number): string => textOf(result.subarray(start, end));
        expect(found.map(({ name, value }) => [name, text2(value.start, value.end)])).toEqual(
          expected.map(([name, value]) => [name, value]),
        );
        expected.forEach(([, , untouched], index) => {
          const { keyStart, value } = found[index]!;
          if (untouched !== undefined) expect(text2(keyStart, value.end)).toBe(untouched);
        });
        expect(JSON.stringify(JSON.parse(textOf(result)))).toBe(JSON.stringify([asObject(expected)]));
        expect(applySplices(result, invertSplices(bytes, splices))).toEqual(bytes);
      }),
      { numRuns: 800 },
    );
  });
});

function asObject(entries: readonly (readonly [string, string, string?])[]): unknown {
  return Object.fromEntries(entries.map(([name, value]) => [name, JSON.parse(value) as unknown]));
}
