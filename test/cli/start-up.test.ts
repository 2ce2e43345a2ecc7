import { describe, expect, it, vi } from 'vitest';
import { statebag } from './terminal.js';

vi.mock('yargs', () => {
  throw new Error('yargs was loaded');
});
vi.mock('cli-table3', () => {
  throw new Error('cli-table3 was loaded');
});
vi.mock('../../src/cli/commands/migrate.js', () => {
  throw new Error('the command was loaded');
});
vi.mock('../../src/cli/commands/fleet-plan.js', () => {
  throw new Error('the command was loaded');
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

  it.each([[['migrate', '--help']], [['help', 'migrate']], [['fleet', 'plan', '--help']], [['fleet', '--help']]])(
    '%j loads neither yargs nor the command',
    async (args) => {
      const { code, out } = await statebag('/', args);
      expect([code, out]).toEqual([0, expect.stringContaining('Usage: statebag ')]);
    },
  );

  it.each([
    [['status', '--journal', 'x'], 'JOURNAL_MISSING'],
    [['validate', '/nowhere.json'], 'SOURCE_NOT_FOUND'],
    [['validate', '--aply'], 'is not an option'],
    [['migrat'], 'Did you mean migrate?'],
    [['completion', 'bash'], ''],
  ])('%j loads no yargs, whether it is right or wrong', async (args, message) => {
    const { code, err } = await statebag('/', args);
    expect([code, err]).toEqual([message === '' ? 0 : 2, expect.stringContaining(message)]);
  });
});
