import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fileOutput, print } from '../../src/cli/io.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const FULL = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
const REASON = 'OUTPUT_FAILED: standard output cannot be written: ENOSPC: no space left on device, write';
const APPLY = ['migrate', 'bags', '--store', 'store', '--journal', 'j', '--apply'];

/** A path that fills the output with few documents: 64 KB are gathered before a write. */
const LONG = `bags${`/${'d'.repeat(200)}`.repeat(14)}`;

/** Bags of one line each. */
function putBags(count: number, folder = 'bags'): void {
  mkdirSync(join(scratch.dir, folder), { recursive: true });
  writeFileSync(join(scratch.dir, folder, 'all.ndjson'), `${smallBag()}\n`.repeat(count));
}

function run(...args: string[]) {
  return statebag(scratch.dir, args, { failOutput: FULL });
}

async function totals(): Promise<Readonly<Record<string, number>>> {
  const { out } = await statebag(scratch.dir, ['status', '--journal', 'j', '--json']);
  return (JSON.parse(out) as { totals: Record<string, number> }).totals;
}

it.each([['--json'], ['--quiet']])(
  'migrate --apply %s on a full standard output writes everything and says so',
  async (option) => {
    putBags(30, LONG);
    const { code, err } = await run(...APPLY, option, '--concurrency', '4');
    expect([code, err]).toEqual([2, expect.stringContaining(REASON)]);
    expect(err).toContain('; 30 documents were migrated; statebag status --journal ');
    expect(err).not.toMatch(/\n +at /);
    expect(await totals()).toMatchObject({ migrated: 30, failed: 0, unsettled: 0 });
    expect((await statebag(scratch.dir, ['status', '--journal', 'j'])).code).toBe(0);
    expect(existsSync(join(scratch.dir, 'j', 'journal.lock'))).toBe(false);
  },
);

it('rollback --apply on a full standard output restores everything and says so', async () => {
  putBags(3);
  await statebag(scratch.dir, APPLY);
  const { code, err } = await run('rollback', '--journal', 'j', '--apply', '--json');
  expect([code, err]).toEqual([2, expect.stringContaining(`${REASON}; 3 documents were rolled back; statebag status`)]);
  expect(await totals()).toMatchObject({ rolledBack: 3 });
});

it.each([
  '--help',
  '--version',
  'gc --help',
  'completion bash',
  'migrate bags --store store',
  'migrate bags --store store --json',
  'status --journal j',
  'status --journal j --json',
  'report --journal j',
  'report --journal j --html -',
  'verify --journal j',
  'rollback --journal j',
  'journal check j',
  'inspect bags',
  'can-contract bags',
  'gc bags --store store --no-journal',
  'validate bags',
  'validate bags --format json',
])('statebag %s ends with exit code 2 and the reason when standard output is full', async (line) => {
  putBags(1);
  if (line.includes(' j')) await statebag(scratch.dir, APPLY);
  const { code, err } = await run(...line.split(' '));
  expect([code, err]).toEqual([2, expect.stringContaining(REASON)]);
});

it('a document that cannot be written to a full standard output has failed in the journal', async () => {
  const { code, err } = await statebag(scratch.dir, ['migrate', '-', '--store', 'store', '--journal', 'j', '--apply'], {
    stdin: smallBag(),
    failOutput: FULL,
  });
  expect([code, err]).toEqual([1, expect.stringContaining('OUTPUT_FAILED')]);
  expect(await totals()).toMatchObject({ migrated: 0, failed: 1 });
});

it.skipIf(!existsSync('/dev/full'))(
  'output to a full device is refused with OUTPUT_FAILED, and the process goes on',
  async () => {
    const descriptor = openSync('/dev/full', 'w');
    try {
      const stream = fileOutput(descriptor).on('error', () => undefined);
      await expect(print(stream, 'x')).rejects.toMatchObject({ code: 'OUTPUT_FAILED' });
    } finally {
      closeSync(descriptor);
    }
  },
);

it('output to a file that takes only a part of a write goes on with the rest', async () => {
  const written: string[] = [];
  const stream = fileOutput(1, (_, bytes) => {
    written.push(Buffer.from(bytes.subarray(0, 3)).toString());
    return Math.min(3, bytes.length);
  });
  await print(stream, 'abcdefgh');
  expect(written).toEqual(['abc', 'def', 'gh']);
});

it('output to a file that gets full in the middle of a write is refused', async () => {
  let calls = 0;
  const stream = fileOutput(1, () => {
    if (calls++ > 0) throw FULL;
    return 3;
  }).on('error', () => undefined);
  await expect(print(stream, 'abcdefgh')).rejects.toMatchObject({ code: 'OUTPUT_FAILED' });
});
