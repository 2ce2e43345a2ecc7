import { describe, expect, it } from 'vitest';
import { findDifference } from '../../src/replay/compare-programs.js';

const compare = (one: string, other: string) => findDifference(Buffer.from(one), Buffer.from(other));

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

  it.each([
    ['{"nodes":[{"id":"a","type":"code"}]}', '{"nodes":[{"id":"a","type":"operator"}]}'],
    ['{"nodes":[],"branches":null,"edges":null}', '{"nodes":[]}'],
    ['{"nodes":[null,{"id":"a"},null]}', '{"nodes":[{"id":"a"}]}'],
    ['{"nodes":[],"outgoing_edges":[]}', '{"nodes":null,"branches":[]}'],
    [
      '{"branches":[{"partition_map":[{"nodes":[{"type":"code"}]}]}]}',
      '{"branches":[{"partition_map":[{"nodes":[{"type":"operator"}],"edges":[]}]}]}',
    ],
    ['{"a":1,"b":2}', '{"b":2,"a":1}'],
    ['{"v":NaN}', '{"v":NaN}'],
  ])('are the same where the old runner runs the same: %s and %s', (one, other) => {
    expect(compare(one, other)).toBeUndefined();
  });

  it.each([
    ['{"nodes":[{"type":"llm"}]}', '{"nodes":[{"type":"operator"}]}', '/nodes/0/type'],
    ['{"outgoing_edges":[{"edge_type":"hitp"}]}', '{}', '/outgoing_edges/0'],
    ['{"a":null}', '{}', '/a'],
    ['{"a":[]}', '{"a":{}}', '/a'],
    ['{"a":"1"}', '{"a":1}', '/a'],
    ['{"a":[1]}', '{"a":[1,2]}', '/a/1'],
  ])('differ at the first place that is another one: %s and %s', (one, other, pointer) => {
    expect(compare(one, other)).toBe(pointer);
  });
});
