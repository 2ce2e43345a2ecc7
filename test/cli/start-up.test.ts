import { describe, expect, it, vi } from 'vitest';
import { statebag } from './terminal.js';

vi.mock('yargs', () => {
  throw new Error('yargs was loaded');
});
vi.mock('cli-table3', () => {
  throw new Error('cli-table3 was loaded');
});

describe('without a command', () => {
  it.each([
    [['--help'], 0],
    [['help'], 0],
    [['-h'], 0],
    [[], 2],
    [['--version'], 0],
  ])('%j loads no parser', async (args, expected) => {
    expect((await statebag('/', args)).code).toBe(expected);
  });

  it('and with arguments that are right, no parser is loaded either', async () => {
    expect((await statebag('/', ['status', '--journal', 'x'])).code).toBe(2);
  });
});
