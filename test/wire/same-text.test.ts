import { expect, it } from 'vitest';
import { readDocument } from '../../src/bag/value.js';
import { isReprint } from '../../src/shim/byte-form.js';

const value = (text: string) => readDocument(Buffer.from(text));
const nested = (depth: number, blank: string) => `${'['.repeat(depth)}${blank}${']'.repeat(depth)}`;

// Tests the comparison itself: `seal` shows the decision only together with others.
it.each([
  ['{"a":1,"b":[true,null]}', '{"a": 1, "b": [true, null]}', 'blanks'],
  ['"\\u00e9\\/"', '"é/"', 'escapes'],
  ['[1.0,1e5,-0.0]', '[1.0, 100000.0, -0.0]', 'floats as Python prints them'],
  ['[1.0,1e5]', '[1,100000]', 'floats as JavaScript prints them'],
  ['9007199254740993', '9007199254740992', 'an integer as JavaScript rounds it'],
  ['NaN', 'NaN', 'a token of Python'],
])('%s and %s differ in %s only', (original, printed) => {
  expect(isReprint(value(original), value(printed))).toBe(true);
});

it.each([
  ['{"a":1,"b":2}', '{"b":2,"a":1}', 'another order'],
  ['{"a":1}', '{"a":1,"branches":[]}', 'a member more'],
  ['[1,2]', '[1]', 'an element less'],
  ['"a"', '"b"', 'another text'],
  ['9007199254740992', '9007199254740993', 'another integer'],
  ['1', '2', 'another number'],
  ['1', '1.0', 'a float for an integer'],
  ['1', '"1"', 'another kind'],
  ['null', 'false', 'another word'],
  [nested(1_500, ''), nested(1_500, ' '), 'more depth than is compared'],
])('%s and %s differ by %s', (original, printed) => {
  expect(isReprint(value(original), value(printed))).toBe(false);
});
