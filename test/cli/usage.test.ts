import { beforeEach, describe, expect, it } from 'vitest';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InternalError } from 'statebag-shim';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

beforeEach(() => {
  writeFileSync(join(scratch.dir, 'bag.json'), smallBag());
  mkdirSync(join(scratch.dir, 'bags'));
  writeFileSync(join(scratch.dir, 'bags', 'a.json'), smallBag());
});

describe('wrong arguments end with exit code 2 and a reason', () => {
  it.each([
    [['burn'], 'COMMAND_UNKNOWN: there is no command "burn"'],
    [['migrat', 'bag.json'], 'Did you mean migrate?'],
    [['verfy'], 'Did you mean verify?'],
    [['fleet'], 'statebag fleet needs an action: plan, manifest, collect; see `statebag fleet --help`'],
    [['fleet', '--json'], 'statebag fleet needs an action'],
    [
      ['fleet', 'mainfest'],
      '"mainfest" is not an action of statebag fleet: plan, manifest, collect. Did you mean manifest?',
    ],
    [['fleet', 'sail'], '"sail" is not an action of statebag fleet: plan, manifest, collect\n'],
    [
      ['fleet', 'plan', 'bag.json', '--store', 's', '--census', 'c'],
      '--census is not an option of statebag fleet plan',
    ],
    [['asl', 'check', 'a.json', '--apply'], '--apply is not an option of statebag asl check'],
    [['completion', 'csh'], 'there are scripts for bash, zsh, fish, not for "csh"'],
    [['completion', 'bash', 'zsh'], '"zsh" is one argument too many'],
    [['inspect', '--josn', 'bag.json'], '--josn is not an option of statebag inspect; did you mean --json?'],
    [['migrate', 'bag.json', '--store', 's', '--aply'], 'did you mean --apply?'],
    [['migrate', 'bag.json', '--store', 's', '--journl=j'], 'did you mean --journal?'],
    [['migrate', 'bag.json', '--store', 's', '--dry'], 'did you mean --dry-run?'],
    [['inspect', 'bag.json', '-j'], '-j is not an option of statebag inspect; see'],
    [['inspect', 'bag.json', '-json'], '-json is not an option of statebag inspect; did you mean --json?'],
    [['inspect', 'bag.json', '--pathStyle'], 'did you mean --path-style?'],
    [['inspect', 'bag.json', '--json=yes'], '--json takes no value'],
    [['inspect', 'bag.json', '--to'], '--to needs a value: lean or bridge'],
    [['inspect', 'bag.json', '--to', '--json'], '--to needs a value: lean or bridge'],
    [['inspect', 'bag.json', '--where', '--json'], '--where needs a value: K=V'],
    [['migrate'], 'USAGE: SOURCE… and --store S are missing: s3://bucket[/prefix], or a directory; see'],
    [['migrate', '--store', './s'], 'USAGE: SOURCE… is missing; see `statebag migrate --help`\n'],
    [['gc', '--store', './s'], 'USAGE: SOURCE… is missing; see `statebag gc --help`\n'],
    [['migrate', 'bag.json'], 'STORE_MISSING: --store S is missing: s3://bucket[/prefix], or a directory; see'],
    [
      ['adapt', 'bag.json'],
      'STORE_MISSING: --store S is missing: s3://bucket[/prefix], or a directory; or use --dry-run',
    ],
    [['schema', 'diff', 'old.json'], 'USAGE: NEW is missing; see `statebag schema diff --help`\n'],
    [['migrate', 'bag.json', '--store', 's', '--dry-run', '--apply'], '--apply and --dry-run exclude each other'],
    [['rollback', '--dry-run', '--apply'], '--apply and --dry-run exclude each other'],
    [['gc', 'bag.json', '--store', 's', '--dry-run', '--apply'], '--apply and --dry-run exclude each other'],
    [['asl', 'patch', 'a.json', '--dry-run', '--apply'], '--apply and --dry-run exclude each other'],
    [['report', '--html', 'x', '--json'], '--html and --json exclude each other'],
    [['seal', 'r.json', '--store', 's', '--with-events'], '--with-events needs --ndjson'],
    [['seal', '--store', 's', '--ndjson', '--event', 'e'], '--event and --ndjson exclude each other'],
    [['fleet', 'manifest', '--census', 'c', '--only-failed'], '--census and --only-failed exclude each other'],
    [['fleet', 'manifest', 'bags', '--inventory', 'i'], '--inventory lists the objects; leave the sources out'],
    [['migrate', 'bag.json', '--store', 's', '--colour'], '--colour is not an option of statebag migrate; see'],
    [['migrate', 'bag.json', '--store', 's', '--to', 'fat'], '--to takes lean or bridge, not "fat"'],
    [['migrate', 'bag.json', '--store', 's', '--manifest', 'x'], '--manifest takes list or envelope'],
    [['migrate', 'bag.json', '--store', 's', '--limit', '0'], '--limit takes a whole number of at least 1'],
    [['migrate', 'bag.json', '--store', 's', '--concurrency', 'many'], '--concurrency takes a whole number'],
    [['migrate', 'bag.json', '--store', 's', '--shard', '4/3'], 'SHARD_INVALID'],
    [['migrate', 'bag.json', '--store', 's', '--max-failures', '120%'], 'MAX_FAILURES_INVALID'],
    [['migrate', 'bag.json', '--store', 's', '--where', 'ownerId'], '--where takes NAME=VALUE'],
    [['migrate', 'bag.json', '--store', 's', '--config-key', 'x.json'], 'LAYOUT_INVALID'],
    [
      ['migrate', 'bag.json', '--store', 's', '--apply', '--plan-out', 'p'],
      '--plan-out and --apply exclude each other: a plan belongs to a dry run',
    ],
    [
      ['migrate', 'bag.json', '--store', 's', '--plan', 'p', '--plan-out', 'q'],
      '--plan-out and --plan exclude each other',
    ],
    [['migrate', 'bag.json', '--store', 's', '--plan', 'p', '--where', 'a=b'], 'the plan names its documents'],
    [['migrate', 'bag.json', '--store', 's', '--verify'], '--verify needs --apply: it reads what was written'],
    [['migrate', 'bag.json', '--store', 's', '--apply', '--out', '-', '--json'], 'both want standard output'],
    [['migrate', '-', '--store', 's', '--apply', '--json'], 'both want standard output'],
    [['migrate', '-', '--store', 's', '--apply', '--verify'], 'cannot be verified'],
    [['migrate', '-', 'bag.json', '--store', 's'], 'SOURCE_INVALID: - stands for standard input'],
    [['migrate', 'bags', '--store', 's', '--out', '-'], 'OUT_INVALID: --out - takes one file'],
    [['migrate', 'bags', '--store', 's', '--out', 'bag.json'], 'OUT_INVALID'],
    [['migrate', 'bags', '--store', 's', '--out', 'bags'], 'OUT_INVALID'],
    [['migrate', 'bag.json', '--store', 's', '--only-failed'], 'JOURNAL_MISSING'],
    [['migrate', 'nowhere', '--store', 's'], 'SOURCE_NOT_FOUND'],
    [['migrate', '*.ndjson', '--store', 's'], 'SOURCE_EMPTY'],
    [['migrate', 'dynamodb://', '--store', 's'], 'SOURCE_INVALID'],
    [['migrate', 's3://', '--store', 's'], 'names no bucket'],
    [['migrate', '', '--store', 's'], 'SOURCE_INVALID'],
    [['migrate', 'bag.json', '--store', 'bag.json'], 'STORE_INVALID'],
    [['migrate', 'bag.json', '--store', 'ftp://x'], 'STORE_INVALID'],
    [['migrate', 'bag.json', '--store', ''], 'STORE_INVALID'],
    [['migrate', 'bag.json', '--store', 's', '--plan', 'absent.ndjson'], 'PLAN_INVALID'],
    [['inspect', 'nowhere'], 'SOURCE_NOT_FOUND'],
    [['verify'], 'JOURNAL_MISSING: there is no journal at '],
    [['verify', '--journal', 'nowhere'], 'JOURNAL_MISSING'],
    [['rollback', '--journal', 'nowhere', '--apply'], 'JOURNAL_MISSING'],
    [['status', '--journal', 'nowhere'], 'JOURNAL_MISSING'],
    [['report', '--journal', 'nowhere'], 'JOURNAL_MISSING'],
    [['status', '--journal', 'x', 'more'], '"more" is one argument too many'],
    [['segment', 'nowhere.json'], 'SOURCE_NOT_FOUND'],
    [['segment', 'bag.json', '--index', '-1'], 'USAGE'],
    [['segment', 'bag.json', '--index', 'x'], '--index takes a whole number of at least 0'],
    [['hydrate'], 'USAGE: FILE|- is missing; see `statebag hydrate --help`\n'],
    [['validate', 'bag.json', '--schema', 'nope'], 'SCHEMA_NOT_FOUND'],
    [['validate', 'bag.json', '--max-bytes', 'x'], '--max-bytes takes'],
  ])('%j', async (args, reason) => {
    const { code, out, err } = await statebag(scratch.dir, args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('statebag: ');
    expect(err).toContain(reason);
    expect(err).not.toMatch(/\n\s+at /);
  });
});

describe('a dry run', () => {
  it('names a command that works when the sources come after two dashes', async () => {
    writeFileSync(join(scratch.dir, '-bag.json'), smallBag());
    const { code, err } = await statebag(scratch.dir, ['migrate', '--store', 'store', '--', '-bag.json']);
    expect([code, err]).toEqual([
      0,
      expect.stringContaining('to write: statebag migrate --store store --apply -- -bag.json\n'),
    ]);
  });
});

describe('errors are told for whoever must act', () => {
  it('say what to do, and keep the stack to themselves unless asked', async () => {
    const quiet = await statebag(scratch.dir, ['inspect', 'nowhere']);
    expect(quiet.err).toContain('Check the path');
    const loud = await statebag(scratch.dir, ['inspect', 'nowhere'], { env: { STATEBAG_DEBUG: '1' } });
    expect(loud.err).toMatch(/\n\s+at /);
    expect(loud.err).toContain('caused by: ');
  });

  it('call a broken promise of the tool a defect, with exit code 70', async () => {
    for (const error of [new InternalError('SPLICE_ORDER', 'splices overlap'), new TypeError('x is not a function')]) {
      const { code, err } = await statebag(scratch.dir, ['inspect', 'bag.json'], { failOutput: error });
      expect(code).toBe(70);
      expect(err).toContain(error.message);
      expect(err).toContain('This is a defect of the tool');
    }
  });
});
