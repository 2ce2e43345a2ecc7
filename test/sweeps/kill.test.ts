import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import { seededRandom } from '../../examples/fleet/random.js';
import type { Random } from '../../examples/fleet/random.js';
import { writeFleet } from '../../examples/fleet/write-fleet.js';
import { filesBelow, sha256, temporaryDirectory } from '../batch/world.js';

const BIN = fileURLToPath(new URL('../../dist/src/cli/bin.js', import.meta.url));
const FILES = 2_000;
const KILLS = 8;

interface Ended {
  /** `null` when it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

function statebag(directory: string, ...args: readonly string[]): Child {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
  return { process: child, ended };
}

/** Standard output of a run that must go well. */
async function succeed(directory: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await statebag(directory, ...args).ended;
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const MIGRATE = ['migrate', 'bags', '--store', 'store', '--journal', 'journal'];

/** Digests the documents are to have: the plan of a dry run says them. */
async function planned(directory: string): Promise<Map<string, string>> {
  await succeed(directory, ...MIGRATE, '--plan-out', 'plan', '--quiet');
  const lines = readFileSync(join(directory, 'plan'), 'utf8').trim().split('\n');
  const documents = lines
    .map((line) => JSON.parse(line) as { kind: string; doc: string; after: string })
    .filter(({ kind }) => kind === 'document');
  return new Map(documents.map(({ doc, after }) => [doc.slice(doc.lastIndexOf('/') + 1), after]));
}

function journalSize(directory: string): number {
  return statSync(join(directory, 'journal', 'journal.ndjson'), { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Kills at a random moment: while the process starts and reads, or after the journal has grown by a random share. Not
 * by the clock alone, so that machines of any speed are killed in the middle. Resolves to how it ended.
 */
async function killSometime({ process: child, ended }: Child, directory: string, random: Random): Promise<Ended> {
  const end = journalSize(directory) + random.below(900_000);
  const patience = random.fraction() < 0.2 ? random.below(500) : 60_000;
  const begun = Date.now();
  while (child.exitCode === null && journalSize(directory) < end && Date.now() - begun < patience) await sleep(2);
  child.kill('SIGKILL');
  return ended;
}

function digestsOf(directory: string): Map<string, string> {
  const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
  return new Map(names.map((name) => [name, sha256(readFileSync(join(directory, name)))]));
}

/** Pointers into the store that lead to nothing, or to other bytes than their key names. */
function danglingIn(directory: string): string[] {
  const known = new Map<string, boolean>();
  const isSound = (uri: string): boolean => {
    const path = join(directory, 'store', uri.slice('s3://'.length));
    return existsSync(path) && uri.includes(`/${sha256(readFileSync(path))}/`);
  };
  for (const name of readdirSync(join(directory, 'bags'))) {
    if (!name.endsWith('.json')) continue;
    const text = readFileSync(join(directory, 'bags', name), 'latin1');
    for (const [uri] of text.matchAll(/s3:\/\/local\/workflow-\w+\/[^"\\]+\/[0-9a-f]{64}\/[^"\\]+/g))
      known.set(uri, known.get(uri) ?? isSound(uri));
  }
  return [...known].filter(([, sound]) => !sound).map(([uri]) => uri);
}

it(
  'finishes in the end however often it is killed, and every file is old or new all the while',
  { timeout: 180_000 },
  async () => {
    const directory = temporaryDirectory();
    const bags = join(directory, 'bags');
    writeFleet(
      bags,
      makeFleet({
        seed: 5,
        bags: FILES,
        workflows: 100,
        size: 'small',
        mix: ['pre', 'bare', 'run-step', 'payload-object', 'dict-map'],
      }),
      { form: 'files' },
    );
    const original = digestsOf(bags);
    const after = await planned(directory);
    expect(after.size).toBe(FILES);

    const random = seededRandom(20_260_201);
    let kills = 0;
    for (let isDone = false; kills < KILLS && !isDone; kills++) {
      const { code, stderr } = await killSometime(
        statebag(directory, ...MIGRATE, '--apply', '--quiet'),
        directory,
        random,
      );
      isDone = code === 0;
      expect([null, 0], stderr).toContain(code);
      const now = digestsOf(bags);
      expect(now.size).toBe(FILES);
      expect(
        Array.from(now).filter(([name, digest]) => digest !== original.get(name) && digest !== after.get(name)),
      ).toEqual([]);
      expect(danglingIn(directory)).toEqual([]);
    }
    expect(kills).toBeGreaterThan(3);

    await succeed(directory, ...MIGRATE, '--apply', '--quiet');
    expect(digestsOf(bags)).toEqual(after);
    expect(filesBelow(bags)).toHaveLength(FILES);
    expect(danglingIn(directory)).toEqual([]);

    const status = JSON.parse(await succeed(directory, 'status', '--journal', 'journal', '--json')) as {
      totals: object;
    };
    expect(status.totals).toMatchObject({ migrated: FILES, failed: 0, unsettled: 0 });
    const verified = JSON.parse(await succeed(directory, 'verify', '--journal', 'journal', '--json')) as {
      totals: object;
    };
    expect(verified.totals).toMatchObject({ documents: FILES, verified: FILES, failed: 0 });
    await succeed(directory, 'rollback', '--journal', 'journal', '--apply', '--quiet');
    expect(digestsOf(bags)).toEqual(original);
    expect(filesBelow(bags)).toHaveLength(FILES);
  },
);
