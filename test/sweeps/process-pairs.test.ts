import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SOAK, temporaryDirectory } from '../batch/scratch.js';
import {
  checkEnding,
  checkJournals,
  checkLeftovers,
  checkWorld,
  findForms,
  mustRunAgain,
  rerun,
} from './process-pairs/checks.js';
import type { Forms, Violations } from './process-pairs/checks.js';
import { play } from './process-pairs/play.js';
import { describeSchedule, makeSchedule } from './process-pairs/schedules.js';

/*
 * Pairs of real processes of the built command over the same documents. `STATEBAG_SCHEDULES=FIRST-LAST` plays those
 * numbers only.
 */
const [FIRST = 0, LAST = 500 * SOAK - 1] = (process.env.STATEBAG_SCHEDULES ?? '')
  .split('-')
  .filter(Boolean)
  .map(Number);

/** Schedules that are played at a time. More of them make all processes slow, and kills come before their work. */
const LANES = 3;

/** So many are enough to see what is wrong. */
const ENOUGH = 5;

const counts = { schedules: 0, kills: 0, stops: 0, reruns: 0, leftovers: 0 };
const exits = new Map<string, number>();

function count({ schedule, ends, isKilled }: Awaited<ReturnType<typeof play>>): void {
  counts.schedules++;
  counts.leftovers += schedule.leftovers.length;
  if (isKilled) counts[schedule.kill?.signal === 'SIGTERM' ? 'stops' : 'kills']++;
  for (const [at, { code, signal }] of ends.entries()) {
    const key = `${schedule.commands[at]!.kind} ${code ?? signal}`;
    exits.set(key, (exits.get(key) ?? 0) + 1);
  }
}

/** Plays a schedule and judges all that it leaves. */
async function judge(number: number, directory: string, forms: Forms): Promise<Violations> {
  const schedule = makeSchedule(number);
  const played = await play(schedule, directory);
  const { ends, isKilled } = played;
  count(played);
  const isVictim = (at: number) => isKilled && schedule.kill?.victim === at;
  const found = checkWorld(played, forms);
  for (const [at, command] of schedule.commands.entries())
    found.push(...checkEnding(played, command, ends[at]!, isVictim(at), forms));
  for (const [at, command] of schedule.commands.entries()) {
    if (!mustRunAgain(ends[at]!)) continue;
    counts.reruns++;
    found.push(...(await rerun(played, command, forms)));
  }
  found.push(...checkWorld(played, forms), ...(await checkJournals(played)), ...(await checkLeftovers(played)));
  return found.map((violation) => `${violation} (${describeSchedule(schedule)})`);
}

it(
  'two processes over the same documents lose, tear and mix nothing when one is killed at a random moment',
  { timeout: 3_600_000 * SOAK },
  async () => {
    const forms = await findForms(temporaryDirectory());
    const violations: Violations = [];
    let next = FIRST;
    const began = performance.now();
    const lane = async () => {
      while (next <= LAST && violations.length < ENOUGH) {
        const directory = mkdtempSync(join(tmpdir(), 'statebag-processes-'));
        violations.push(...(await judge(next++, directory, forms)));
        rmSync(directory, { recursive: true, force: true });
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    process.stdout.write(`process pairs: ${JSON.stringify(counts)}, ${seconds} s\n`);
    process.stdout.write(
      `${[...exits]
        .sort()
        .map(([key, ends]) => `${key}: ${ends}`)
        .join(', ')}\n`,
    );
    expect(violations).toEqual([]);
  },
);
