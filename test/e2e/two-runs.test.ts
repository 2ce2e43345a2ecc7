import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import { writeFleet } from '../../examples/fleet/write-fleet.js';
import { filesBelow, sha256, temporaryDirectory } from '../batch/world.js';

const BIN = fileURLToPath(new URL('../../dist/src/cli/bin.js', import.meta.url));
const UNSHARE = ['unshare', '--pid', '--fork', '--mount-proc'];

interface Ended {
  /** `null` when it was killed. */
  readonly code: number | null;
  readonly stderr: string;
}

interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

function migrate(
  directory: string,
  journal: string,
  args: readonly string[] = [],
  before: readonly string[] = [],
): Child {
  const [command, ...rest] = [
    ...before,
    process.execPath,
    BIN,
    'migrate',
    'bags',
    '--store',
    'store',
    '--journal',
    journal,
    '--apply',
    '--quiet',
    ...args,
  ];
  const child = spawn(command!, rest, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stderr });
    });
  });
  return { process: child, ended };
}

function withBags(bags: number): string {
  const directory = temporaryDirectory();
  writeFleet(join(directory, 'bags'), makeFleet({ seed: 5, bags, workflows: 10, size: 'small', mix: ['pre'] }), {
    form: 'files',
  });
  return directory;
}

interface Line {
  readonly kind: string;
  readonly run: string;
  readonly doc: string;
  readonly outcome?: string;
  readonly before?: string;
  readonly after?: string;
}

function linesOf(directory: string, journal: string): readonly Line[] {
  const path = join(directory, journal, 'journal.ndjson');
  if (!existsSync(path)) return [];
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return whole.filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
}

interface Step {
  readonly doc: string;
  readonly before: string;
  readonly after: string;
}

/** What the runs of a journal say they replaced in documents; with `intended`, also what they meant to replace. */
function stepsOf(directory: string, journal: string, intended: boolean): readonly Step[] {
  const lines = linesOf(directory, journal);
  const migrated = new Set(
    lines.flatMap(({ kind, outcome, doc }) => (kind === 'result' && outcome === 'migrated' ? [doc] : [])),
  );
  return lines.flatMap(({ kind, doc, before, after }) =>
    kind === 'intent' && (intended || migrated.has(doc)) ? [{ doc, before: before!, after: after! }] : [],
  );
}

/** Waits for a file, or for the end of the run that is to make it. */
async function untilThere(path: string, { process: child }: Child): Promise<void> {
  while (!existsSync(path) && child.exitCode === null) await sleep(1);
}

/** A journal whose lock a killed run has left. */
async function killedWhileLocked(): Promise<string> {
  const directory = withBags(150);
  await migrate(directory, 'journal', ['--limit', '1']).ended;
  const killed = migrate(directory, 'journal', ['--concurrency', '1']);
  await untilThere(join(directory, 'journal', 'journal.lock'), killed);
  killed.process.kill('SIGKILL');
  await killed.ended;
  expect(readdirSync(join(directory, 'journal'))).toContain('journal.lock');
  return directory;
}

function documentsOf(directory: string): ReadonlyMap<string, string> {
  const bags = join(directory, 'bags');
  const names = filesBelow(bags).filter((name) => name.endsWith('.json'));
  return new Map(names.map((name) => [join(bags, name), sha256(readFileSync(join(bags, name)))]));
}

it('two runs with different journals each say migrated only of what they replaced', async () => {
  for (let trial = 0; trial < 2; trial++) {
    const directory = withBags(60);
    const expected = new Map(documentsOf(directory));
    await Promise.all([migrate(directory, 'first').ended, migrate(directory, 'second', ['--to', 'bridge']).ended]);
    // A document that one run has migrated to bridge may be migrated to lean by the other one.
    for (const { doc, before, after } of [
      ...stepsOf(directory, 'second', false),
      ...stepsOf(directory, 'first', false),
    ]) {
      expect([doc, before]).toEqual([doc, expected.get(doc)]);
      expected.set(doc, after);
    }
    expect(documentsOf(directory)).toEqual(expected);
  }
});

it('a run keeps what it migrated when another run with its own journal is killed', async () => {
  for (let trial = 0; trial < 2; trial++) {
    const directory = withBags(60);
    const original = documentsOf(directory);
    const first = migrate(directory, 'first');
    const second = migrate(directory, 'second', ['--to', 'bridge']);
    await untilThere(join(directory, 'second', 'journal.ndjson'), second);
    second.process.kill('SIGKILL');
    await Promise.all([first.ended, second.ended]);
    const claims = new Map(stepsOf(directory, 'first', false).map(({ doc, after }) => [doc, after]));
    const meant = stepsOf(directory, 'second', true);
    for (const [doc, digest] of documentsOf(directory)) {
      const possible = claims.has(doc)
        ? [claims.get(doc)]
        : [original.get(doc), ...meant.filter((step) => step.doc === doc).map(({ after }) => after)];
      expect([doc, possible]).toEqual([doc, expect.arrayContaining([digest])]);
    }
  }
});

it('one of four runs that start together takes over the lock of a killed run, and the others exit with 2', async () => {
  for (let trial = 0; trial < 2; trial++) {
    const directory = await killedWhileLocked();
    const before = new Set(linesOf(directory, 'journal').map(({ run }) => run));
    const ends = await Promise.all(Array.from({ length: 4 }, () => migrate(directory, 'journal').ended));
    const refused = ends.filter(({ code }) => code === 2);
    expect(ends.filter(({ code }) => code === 0).length + refused.length).toBe(4);
    for (const { stderr } of refused) expect(stderr).toContain('JOURNAL_LOCKED');
    const runs = linesOf(directory, 'journal')
      .map(({ run }) => run)
      .filter((run) => !before.has(run));
    // Runs that follow each other are not mixed: a run has one stretch of lines.
    expect(runs.filter((run, at) => run !== runs[at - 1])).toEqual([...new Set(runs)]);
    expect(readdirSync(join(directory, 'journal'))).toEqual(['journal.ndjson']);
  }
});

const canUnshare = spawnSync(UNSHARE[0]!, [...UNSHARE.slice(1), 'true']).status === 0;

it.runIf(canUnshare)(
  'a run in another PID namespace is refused, although it has the same number (skipped where unshare is not permitted)',
  async () => {
    const directory = withBags(150);
    await migrate(directory, 'journal', ['--limit', '1'], UNSHARE).ended;
    const first = migrate(directory, 'journal', ['--concurrency', '1'], UNSHARE);
    const lock = join(directory, 'journal', 'journal.lock');
    await untilThere(lock, first);
    const inside = Number(readFileSync(`/proc/${first.process.pid}/task/${first.process.pid}/children`, 'utf8'));
    process.kill(inside, 'SIGSTOP');
    expect(readFileSync(lock, 'utf8')).toMatch(/^1 /);
    const { code, stderr } = await migrate(directory, 'journal', [], UNSHARE).ended;
    expect(code).toBe(2);
    expect(stderr).toContain('JOURNAL_LOCKED');
    expect(stderr).toContain(lock);
    process.kill(inside, 'SIGCONT');
    expect((await first.ended).code).toBe(0);
    expect(new Set(linesOf(directory, 'journal').map(({ run }) => run)).size).toBe(2);
  },
);

it.runIf(canUnshare)(
  'the lock of a run that was killed in another PID namespace stays until it is removed by hand',
  async () => {
    const directory = withBags(150);
    await migrate(directory, 'journal', ['--limit', '1'], UNSHARE).ended;
    const killed = migrate(
      directory,
      'journal',
      ['--concurrency', '1'],
      [UNSHARE[0]!, '--kill-child', ...UNSHARE.slice(1)],
    );
    await untilThere(join(directory, 'journal', 'journal.lock'), killed);
    killed.process.kill('SIGKILL');
    await killed.ended;
    const { code, stderr } = await migrate(directory, 'journal').ended;
    expect(code).toBe(2);
    const [, path] =
      /(\S+journal\.lock) names process 1 on \S+; if that process has ended, remove this file/.exec(stderr) ?? [];
    spawnSync('rm', [path!]);
    expect((await migrate(directory, 'journal').ended).code).toBe(0);
  },
);
