import { describe, expect, it } from 'vitest';
import { expandNode, LEAF, scanJson } from '../../src/json/index.js';
import { utf8 } from './json-text.js';

describe('expandNode', () => {
  const bytes = utf8('  {"a": {"b": [1, {"c": 2}]}, "d": NaN}  ');

  it('fills the members of an object one level deep, in the same node', () => {
    const root = scanJson(bytes);
    expect(expandNode(bytes, root)).toBe(root);
    expect(root.members?.map(({ name }) => name)).toEqual(['a', 'd']);
    expect(root.members?.[0]?.value).not.toHaveProperty('members');
  });

  it('fills the elements of an array', () => {
    const root = scanJson(bytes, { members: { a: { anyMember: LEAF } } });
    const list = root.members![0]!.value.members![0]!.value;
    expect(expandNode(bytes, list).items?.map(({ kind }) => kind)).toEqual(['number', 'object']);
  });

  it('leaves filled nodes and other kinds as they are', () => {
    const root = scanJson(bytes, { anyMember: LEAF });
    const members = root.members;
    expect(expandNode(bytes, root).members).toBe(members);
    const token = root.members![1]!.value;
    expect(expandNode(bytes, token)).toEqual({ kind: 'nonfinite', start: 35, end: 38 });
  });

  it('goes as deep as the scan was allowed to', () => {
    const deep = utf8('['.repeat(10_000) + ']'.repeat(10_000));
    expect(expandNode(deep, scanJson(deep, LEAF, { maxDepth: 10_000 })).items).toHaveLength(1);
  });
});
