import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { putFleet } from '../cli/fleet-dir.js';
import { digests, statebag, useScratch } from '../cli/terminal.js';

const scratch = useScratch();

const MIGRATE = ['migrate', 'bags', '--store', 'store', '--apply'];

describe('a signal', () => {
  it('ends the run after the documents in hand, and says how to go on', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 5 });
    const { code, out, err } = await statebag(scratch.dir, [...MIGRATE, '--where', "ownerId=it's me"], {
      signals: ['SIGINT'],
    });
    expect(code).toBe(1);
    expect(out).toMatch(/^not started +5$/m);
    expect(err).toContain('SIGINT: finishing the documents in hand');
    expect(err).toContain(`stopped as asked; to go on: statebag ${MIGRATE.join(' ')} --where 'ownerId=it'\\''s me'`);
  });

  it('ends the process at once the second time', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 2 });
    const ends: number[] = [];
    await statebag(scratch.dir, MIGRATE, { signals: ['SIGTERM', 'SIGINT'], exit: (code) => ends.push(code) });
    expect(ends).toEqual([130]);
  });
});

const BIN = resolve(import.meta.dirname, '../../dist/src/cli/bin.js');

describe('the real process', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'stopped by %s over many files is finished by the same command',
    async (signal) => {
      const bags = 160;
      putFleet(scratch.dir, { variant: 'pre', bags, workflows: 8 });
      const originals = digests(join(scratch.dir, 'bags'));
      const first = await interrupted(signal);
      const migrated = Object.entries(digests(join(scratch.dir, 'bags'))).filter(
        ([name, sha]) => originals[name] !== sha,
      ).length;
      expect(migrated).toBeGreaterThan(0);
      if (signal !== 'SIGKILL') expectOrderly(first, migrated, bags);

      const { out } = await statebag(scratch.dir, [...MIGRATE, '--verify', '--json']);
      const { totals, verify } = JSON.parse(out) as {
        totals: Record<string, number>;
        verify: Record<string, number>;
      };
      expect(totals).toMatchObject({ documents: bags, quarantined: 0, failed: 0, notStarted: 0 });
      expect(verify).toMatchObject({ verified: bags, moved: 0, failed: 0 });
      expect(leftovers()).toEqual([]);
      await statebag(scratch.dir, ['rollback', '--journal', 'statebag-journal', '--apply']);
      expect(digests(join(scratch.dir, 'bags'))).toEqual(originals);
    },
  );

  it('reads standard input and writes standard output', async () => {
    const { code, out } = await bin(['segment', '-'], '{"segment_config":{"type":"normal","id": 1.0}}');
    expect([code, out]).toEqual([0, '{"type":"normal","id": 1.0}\n']);
  });

  it('does not mind a reader that goes away', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 3 });
    const child = spawn(process.execPath, [BIN, ...MIGRATE, '--json'], {
      cwd: scratch.dir,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.stdout.destroy();
    expect(await new Promise((done) => child.on('close', done))).toBe(0);
  });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command line; the signal goes out as soon as the first documents are done. */
async function interrupted(signal: NodeJS.Signals): Promise<Ended> {
  const journal = join(scratch.dir, 'statebag-journal', 'journal.ndjson');
  return bin([...MIGRATE, '--concurrency', '2'], '', (child) => {
    const poll = setInterval(() => {
      if (!existsSync(journal) || !readFileSync(journal, 'utf8').includes('"kind":"result"')) return;
      clearInterval(poll);
      child.kill(signal);
    }, 5);
    child.on('close', () => {
      clearInterval(poll);
    });
  });
}

function bin(
  args: readonly string[],
  stdin: string,
  watch?: (child: ReturnType<typeof spawn>) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: scratch.dir });
  const parts = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (parts.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (parts.err += chunk.toString()));
  child.stdin.end(stdin);
  watch?.(child);
  return new Promise((done) =>
    child.on('close', (code) => {
      done({ code, ...parts });
    }),
  );
}

function expectOrderly({ code, out, err }: Ended, migrated: number, bags: number): void {
  expect(code).toBe(migrated === bags ? 0 : 1);
  expect(out).toMatch(new RegExp(`^migrated +${migrated}$`, 'm'));
  expect(err).toContain(`to go on: statebag ${MIGRATE.join(' ')} --concurrency 2`);
  const lines = readFileSync(join(scratch.dir, 'statebag-journal', 'journal.ndjson'), 'utf8')
    .trimEnd()
    .split('\n');
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ kind: 'end', complete: false });
  expect(leftovers()).toEqual([]);
}

function leftovers(): readonly string[] {
  return readdirSync(scratch.dir, { recursive: true })
    .map(String)
    .filter((name) => /tmp|\.lock$/.test(name));
}
