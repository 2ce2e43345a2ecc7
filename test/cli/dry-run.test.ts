import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, beforeEach } from 'vitest';
import { COMMAND_NAMES } from './command-names.js';
import { smallBag } from './fleet-dir.js';
import { digests, statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const run = (...args: readonly string[]) => statebag(scratch.dir, args);

const MACHINE = JSON.stringify({
  StartAt: 'A',
  States: { A: { Type: 'Pass', Parameters: { 'workflow_config.$': '$.workflow_config' }, End: true } },
});

beforeEach(async () => {
  mkdirSync(join(scratch.dir, 'bags'));
  writeFileSync(join(scratch.dir, 'bags', 'a.json'), smallBag());
  writeFileSync(join(scratch.dir, 'bags', 'b.json'), smallBag());
  writeFileSync(join(scratch.dir, 'machine.asl.json'), MACHINE);
  const migrated = await run('migrate', 'bags/a.json', '--store', 'store', '--apply', '--journal', 'j');
  expect(migrated.code).toBe(0);
});

describe('--dry-run', () => {
  it.each<[args: readonly string[], code: number]>([
    [['inspect', 'bags'], 0],
    [['migrate', 'bags', '--store', 'store'], 0],
    [['verify', '--journal', 'j'], 0],
    [['rollback', '--journal', 'j'], 0],
    [['status', '--journal', 'j'], 0],
    [['report', '--journal', 'j'], 0],
    [['report', '--journal', 'j', '--html', 'page.html'], 0],
    [['can-contract', 'bags'], 1],
    [['gc', 'bags', '--store', 'store', '--journal', 'j'], 0],
    [['segment', 'bags/b.json'], 0],
    [['hydrate', 'bags/a.json', '--store', 'store'], 0],
    [['adapt', 'bags/b.json', '--store', 'other'], 0],
    [['adapt', 'bags/b.json'], 0],
    [['seal', 'bags/b.json', '--store', 'other'], 0],
    [['validate', 'bags/a.json'], 0],
    [['asl', 'check', 'machine.asl.json'], 1],
    [['asl', 'patch', 'machine.asl.json'], 0],
    [['schema', 'diff', 'state-bag.v2', 'state-bag.v2'], 0],
    [['fleet', 'plan', 'bags', '--store', 'store'], 0],
    [['fleet', 'manifest', 'bags', '--out', 'manifest.jsonl'], 0],
    [['completion'], 0],
  ])('is accepted and nothing is written: %j', async (args, code) => {
    const before = digests(scratch.dir);
    const ran = await run(...args, '--dry-run');
    expect([ran.code, ran.err]).toEqual([code, expect.not.stringContaining('USAGE')]);
    expect(digests(scratch.dir)).toEqual(before);
  });

  it('is an option of every command but runtime-proxy, which takes none', async () => {
    const help = await Promise.all(
      COMMAND_NAMES.map(async (name) => [name, (await run(...name.split(' '), '--help')).out] as const),
    );
    expect(help.filter(([, out]) => !/^ {2}--dry-run /m.test(out)).map(([name]) => name)).toEqual(['runtime-proxy']);
  });

  it('of fleet manifest counts the tasks', async () => {
    const { out, err } = await run('fleet', 'manifest', 'bags', '--dry-run');
    expect([out, err]).toEqual(['', 'statebag: 2 tasks; this was a dry run, nothing was written\n']);
  });

  it.each([
    ['migrate', ['migrate', 'bags', '--store', 'store', '--dry-run', '--', 'machine.asl.json']],
    ['rollback', ['rollback', '--dry-run', '--journal', 'j']],
    ['gc', ['gc', 'bags', '--store', 'store', '--no-journal', '--dry-run']],
  ])('of %s is replaced by --apply in the command line that follows', async (name, args) => {
    const { err } = await run(...args);
    expect(err).toMatch(new RegExp(`(write|delete): statebag ${name} .*--apply`));
    expect(err).not.toContain('--dry-run');
  });
});
