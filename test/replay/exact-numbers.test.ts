import { describe, expect, it } from 'vitest';
import { findOtherNumber } from '../../src/replay/exact-numbers.js';

const compare = (one: string, other: string) => findOtherNumber(Buffer.from(one), Buffer.from(other));

describe('two programs with numbers', () => {
  it.each([
    ['{"a":{"v":9007199254740993}}', '{"a":{"v":9007199254740992}}', '/a/v'],
    ['{"a":[1,123456789012345678901234567890]}', '{"a":[1,123456789012345678901234567891]}', '/a/1'],
    ['{"a/b":{"~":9007199254740993}}', '{"a/b":{"~":9007199254740992}}', '/a~1b/~0'],
  ])('differ at the first integer that Python tells apart: %s and %s', (one, other, pointer) => {
    expect(compare(one, other)).toBe(pointer);
  });

  it.each([
    ['{"v":1.0}', '{"v":1}'],
    ['{"v":1e2}', '{"v":100.0}'],
    ['{"v":0.10}', '{"v":0.1}'],
    ['{"v":-0}', '{"v":0}'],
    ['{"v":9007199254740993}', '{"v":9007199254740993}'],
  ])('are the same in another spelling: %s and %s', (one, other) => {
    expect(compare(one, other)).toBeUndefined();
  });
});
