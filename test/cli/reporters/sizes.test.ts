import { describe, expect, it } from 'vitest';
import { formatBytes, formatChange, formatCount } from '../../../src/cli/reporters/sizes.js';

describe('figures for people', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1234567, '1,234,567'],
  ])('counts %d as %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [371_200, '371.2 KB'],
    [-2_500_000, '-2.5 MB'],
    [5e15, '5000.0 TB'],
  ])('gives %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('gives a change in percent, and nothing where nothing changed', () => {
    expect(formatChange(371, 120)).toBe('-67.7 %');
    expect(formatChange(100, 150)).toBe('+50.0 %');
    expect([formatChange(0, 10), formatChange(7, 7)]).toEqual(['', '']);
  });
});
