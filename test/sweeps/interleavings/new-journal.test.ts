import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import { BLOBS } from '../../batch/scratch.js';
import { statebag } from '../../cli/terminal.js';
import type { Ran } from '../../cli/terminal.js';
import { stateOf } from './checks.js';
import { SUBJECTS } from './pair-world.js';
import type { PairWorld } from './pair-world.js';
import { expectNoViolations, TIMEOUT } from './pairs.js';
import type { Pair, Role } from './schedules.js';
import type { SteppedProcess } from './stepped-process.js';

/** A migration of one file, as a command, with the journal that the other one has, too. */
interface Migration extends Role {
  readonly document: string;
  readonly store: string;
  readonly target: 'lean' | 'bridge';
}

function migrate(document: string, store: string, target: 'lean' | 'bridge'): Migration {
  const line = ['migrate', join('source', document), '--store', store, '--bucket', BLOBS, '--to', target];
  const options = ['--journal', 'journal', '--apply', '--quiet', '--json', '--concurrency', '1'];
  return {
    name: `migrate ${document}`,
    document,
    store,
    target,
    work: ({ terminal }, { directory }) => terminal.statebag(directory, [...line, ...options]),
  };
}

/** Of everything else, each of the two has its own. */
const isJournalStep: Pair['isShared'] = ({ kind, path }, { directory }) =>
  path.startsWith(join(directory, 'journal')) && !['sync', 'datasync'].includes(kind);

const GAVE_WAY = /JOURNAL_(LOCKED|MISMATCH)/;

/** A command has migrated its document, gave way to the other one, or was refused before it wrote anything. */
function checkCommand(
  { name, document, store, target }: Migration,
  process: SteppedProcess,
  world: PairWorld,
): string[] {
  const { ending } = process;
  if (!ending || 'error' in ending) return [`${name} threw ${String(ending?.error)}`];
  const { code, out, err } = ending.value as Ran;
  const form = world.forms.get(document);
  const isLate = code === 1 && /DOCUMENT_(MOVED|LOCKED)/.test(out);
  if (isLate && world.commits.some((commit) => commit.by !== name && commit.container === document)) return [];
  if (code === 0) return form === target ? [] : [`${name} ended with 0, and ${document} is ${form}`];
  const found = code === 2 && GAVE_WAY.test(out + err) ? [] : [`${name} ended with ${code}: ${err.trim()}`];
  if (world.commits.some(({ by }) => by === name)) found.push(`${name} was refused, and ${document} is ${form}`);
  if (store !== 'store' && existsSync(join(world.directory, store)))
    found.push(`${name} was refused, and wrote into ${store}`);
  return found;
}

/** The journal belongs to one target and one store, and all that was migrated is in it. Each state is tried once. */
async function checkJournal(world: PairWorld, states: Set<string>): Promise<string[]> {
  const state = await stateOf(world, ['journal']);
  if (states.has(state)) return [];
  states.add(state);
  const path = join(world.journal, 'journal.ndjson');
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const entries = lines.map((line) => JSON.parse(line) as Readonly<Record<'kind' | 'target' | 'store', string>>);
  const runs = entries.filter(({ kind }) => kind === 'run').map(({ target, store }) => `${target} over ${store}`);
  const found = new Set(runs).size === 1 ? [] : [`the journal has runs to ${runs.join(' and to ')}`];
  const migrated = [...world.forms].filter(([, form]) => form !== 'original');
  const verified = await statebag(world.directory, ['verify', '--journal', 'journal', '--json', '--quiet']);
  const report = JSON.parse(verified.out) as { readonly totals: Readonly<Record<string, number>> };
  const { totals } = report;
  if (verified.code !== 0 || totals.verified !== migrated.length)
    found.push(`verify ends with ${verified.code} and ${totals.verified} of ${migrated.length} documents`);
  const status = await statebag(world.directory, ['status', '--journal', 'journal', '--json']);
  const counted = (JSON.parse(status.out) as typeof report).totals;
  if (status.code !== 0 || counted.migrated !== migrated.length)
    found.push(`status ends with ${status.code} and ${counted.migrated} of ${migrated.length} documents`);
  const { code } = await statebag(world.directory, ['rollback', '--journal', 'journal', '--apply', '--quiet']);
  const left = [...(await world.currentForms())].filter(([, form]) => form !== 'original');
  if (code !== 0 || left.length > 0) found.push(`rollback ends with ${code} and leaves ${left.join(' and ')}`);
  return found;
}

/** A command with the same target and store as the other one may write the journal after it. */
const CASES = [
  { what: 'the same target and store', other: migrate('b.json', 'store', 'lean') },
  { what: 'the same document', other: { ...migrate('a.json', 'store', 'lean'), name: 'migrate a.json too' } },
  { what: 'another target', other: migrate('b.json', 'store', 'bridge') },
  { what: 'another store', other: migrate('b.json', 'store2', 'lean') },
  { what: 'another target and store', other: migrate('b.json', 'store2', 'bridge') },
].map((one) => ({ one: migrate('a.json', 'store', 'lean'), ...one }));

it.each(CASES)(
  'two migrations that begin a journal at once with $what are both right, or one is refused',
  TIMEOUT,
  async ({ what, one, other }) => {
    const states = new Set<string>();
    await expectNoViolations(`one new journal, ${what}`, {
      subject: SUBJECTS.files,
      roles: [one, other],
      runs: [],
      isShared: isJournalStep,
      isMigrated: false,
      isLiving: true,
      check: async ({ world, processes }) => [
        ...checkCommand(one, processes[0], world),
        ...checkCommand(other, processes[1], world),
        ...(await checkJournal(world, states)),
      ],
    });
  },
);
