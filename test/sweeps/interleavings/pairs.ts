import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { checkAfterwards, checkEnd, stateOf } from './checks.js';
import type { Afterwards, Judged } from './checks.js';
import { makeTemplate } from './pair-world.js';
import type { PairWorld, Subject } from './pair-world.js';
import { playAll } from './schedules.js';
import type { Pair, Played, Role } from './schedules.js';
import { BLOBS, SOAK } from '../../batch/scratch.js';
import type { Row } from '../../../src/sources/dynamodb/port.js';
import type { Step } from './stepped-process.js';

/** A process whose run is judged by its report and its journal. */
export interface Run extends Role, Judged {}

export function migration(target: 'lean' | 'bridge', journal: string): Run {
  return {
    name: `migrate ${journal}`,
    journal,
    target,
    work: ({ workbench }, world) => workbench.run(world.withJournal(journal), world.ports, { target }),
  };
}

export const LEAN = migration('lean', 'journal-a');
export const LEAN_TOO = migration('lean', 'journal-b');
export const BRIDGE = migration('bridge', 'journal-b');

/** A rollback of a journal that an earlier run has written. */
export function restoring(target: 'lean' | 'bridge', journal: string): Run {
  return {
    name: `rollback ${journal}`,
    journal,
    target,
    isRollback: true,
    work: async ({ workbench }, world) => ({
      outcomes: await workbench.runRollback(world.withJournal(journal), world.ports),
    }),
  };
}

/** The name of an unfinished file, which no other process makes or opens. */
const OWN_FILE = /^\.statebag-[0-9a-z-]+-[0-9a-f]{16}\.tmp$/;

/** They change nothing that another process sees, and what they look at is not changed by any. */
const QUIET = new Set(['pause', 'sync', 'datasync', 'chmod', 'chown', 'mkdir', 'stat', 'lstat', 'realpath', 'read']);

/** Calls that leave something behind: a process that is killed between two of them has left the same as before. */
const CHANGES = new Set(['create', 'write', 'writeFile', 'link', 'rename', 'rm', 'unlink', 'put', 'delete', 'update']);

/**
 * A switch right before a step that no other process can tell is a switch before the next step that one can tell. Puts
 * of the same blob come to the same in any order, unless a process deletes blobs. With STATEBAG_SOAK set, every step is
 * shared.
 */
function isSharedStep(ownJournals: readonly string[], areBlobsShared: boolean): Pair['isShared'] {
  return ({ kind, path }, { directory }) => {
    if (SOAK > 1) return true;
    if (!areBlobsShared && path.startsWith(`s3://${BLOBS}/`)) return false;
    const isOwn = OWN_FILE.test(basename(path)) || ownJournals.some((name) => path.startsWith(join(directory, name)));
    return !isOwn && !QUIET.has(kind);
  };
}

function isChange({ kind }: Step): boolean {
  return CHANGES.has(kind);
}

/** Two processes, what they are about, and how to judge them. */
export interface Sweep extends Afterwards {
  readonly subject: Subject;
  /** What an earlier run has left. */
  readonly earlier?: (world: PairWorld) => Promise<unknown>;
  /** Rows that may take the place of the row. */
  readonly successors?: readonly Row[];
  readonly roles: readonly [Role, Role];
  /** Those of the roles that are runs with journals. */
  readonly runs: readonly Run[];
  /** Journals that are not written by both. Default: all. */
  readonly ownJournals?: readonly string[];
  /** One of the processes deletes blobs. */
  readonly areBlobsShared?: boolean;
  readonly blobTime?: number;
  readonly kill?: boolean;
  /** Default: see `isSharedStep`. */
  readonly isShared?: Pair['isShared'];
  /** What else must hold after a schedule. */
  readonly check?: (played: Played) => Promise<readonly string[]>;
}

/** Of a test that takes seconds, on a machine that is busy with other things. */
export const TIMEOUT = { timeout: 600_000 * SOAK };

/** So many are enough to see what is wrong. */
const ENOUGH = 5;

/** Plays all schedules and expects none to violate anything. Says how many they were. */
export async function expectNoViolations(title: string, sweep: Sweep): Promise<void> {
  const { subject, earlier, successors, roles, runs, kill = false, blobTime, check } = sweep;
  const directory = mkdtempSync(join(tmpdir(), 'statebag-pairs-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  const journals = sweep.ownJournals ?? runs.map(({ journal }) => journal);
  const template = await makeTemplate(subject, join(directory, '000000'), { earlier, successors });
  const isShared = sweep.isShared ?? isSharedStep(journals, sweep.areBlobsShared === true);
  const pair: Pair = {
    template,
    roles,
    isShared,
    ...(blobTime !== undefined && { blobTime }),
  };
  const violations: string[] = [];
  const states = new Set<string>();
  const began = performance.now();
  const isEnough = () => violations.length >= ENOUGH;
  const schedules = await playAll(pair, { directory, kill, isChange, isEnough }, async (played) => {
    const found = [...(await checkEnd(played, runs)), ...((await check?.(played)) ?? [])];
    const state = await stateOf(
      played.world,
      runs.map(({ journal }) => journal),
    );
    if (found.length === 0 && !states.has(state)) {
      states.add(state);
      found.push(...(await checkAfterwards(played, runs, sweep)));
    }
    violations.push(...found.map((violation) => `${played.schedule}: ${violation}`));
  });
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  process.stdout.write(`${title}: ${schedules} schedules, ${states.size} ends, ${seconds} s\n`);
  expect(violations).toEqual([]);
  expect(schedules).toBeGreaterThan(2);
}
