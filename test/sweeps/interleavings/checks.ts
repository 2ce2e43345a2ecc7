import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { danglingPointers, sha256 } from '../../batch/scratch.js';
import { run, runRollback, runVerify } from '../../batch/workbench.js';
import { leftoversIn, ROW } from './pair-world.js';
import type { Commit, Form, PairWorld } from './pair-world.js';
import type { Played } from './schedules.js';
import type { SteppedProcess } from './stepped-process.js';

/** What is wrong after a schedule, a sentence each. */
export type Violations = string[];

/** A run, as far as its reports and its journal can be judged. */
export interface Judged {
  /** Name of the process. */
  readonly name: string;
  /** Name of its journal. */
  readonly journal: string;
  readonly target: 'lean' | 'bridge';
  readonly isRollback?: boolean;
}

interface Told {
  readonly id: string;
  /** The result of a file of lines, beside those of its lines. */
  readonly subject?: 'container' | 'place';
  readonly outcome: string;
  readonly code?: string;
}

/** What both reports have: those of a migration and those of a rollback. */
interface Report {
  readonly outcomes: readonly Told[];
  readonly totals?: Readonly<Record<string, number>>;
}

/** Failures that say: another run was first, or is at it. They are right where the document is as the other left it. */
const GAVE_WAY = new Set(['DOCUMENT_MOVED', 'DOCUMENT_LOCKED', 'JOURNAL_LOCKED']);

/** Forms into which a run may bring a document, by the form in which it was. */
const STEPS: Readonly<Record<'lean' | 'bridge' | 'rollback', Partial<Record<Form, readonly Form[]>>>> = {
  lean: { original: ['lean'], bridge: ['lean', 'lean of bridge'] },
  bridge: { original: ['bridge'] },
  rollback: { lean: ['original', 'bridge'], bridge: ['original'], 'lean of bridge': ['bridge', 'original'] },
};

/** Documents, reports, pointers, leftovers and journals right after a schedule. */
export async function checkEnd({ world, processes, isKilled }: Played, judged: readonly Judged[]): Promise<Violations> {
  const found: Violations = [];
  for (const [container, form] of await world.currentForms()) {
    if (form === undefined) found.push(`${container} is neither the original nor the result of one run`);
    if (form !== world.forms.get(container))
      found.push(`${container} is ${form}, but the last run to replace it made it ${world.forms.get(container)}`);
  }
  // Runs that are judged have their blobs in the store of the world, and others have a store of their own.
  const dangling = judged.length > 0 ? await danglingPointers(world) : [];
  for (const name of dangling) found.push(`nothing is stored at ${name}, or other bytes are`);
  const left = leftoversIn(world).filter((name) => !isKilled || !isMadeBy(join(world.directory, name), processes[1]));
  if (left.length > 0) found.push(`left behind: ${left.join(', ')}`);
  for (const run of judged) {
    const process = processes.find(({ name }) => name === run.name)!;
    found.push(...checkCommits(run, world.commits), ...checkReport(run, process, world));
    found.push(...checkJournal(run, process, world));
  }
  return found;
}

/** Temporary files name their process, and locks have it in their text. */
function isMadeBy(path: string, { pid }: SteppedProcess): boolean {
  return basename(path).includes(`-${pid}-`) || readFileSync(path, 'utf8').startsWith(`${pid} `);
}

/** Each replacement is a whole result of the run that made it, made of what was there right before it. */
function checkCommits({ name, target, isRollback = false }: Judged, commits: readonly Commit[]): Violations {
  const steps = STEPS[isRollback ? 'rollback' : target];
  return commits
    .filter(({ by }) => by === name)
    .filter(({ before, after }) => !before || !after || steps[before]?.includes(after) !== true)
    .map(({ container, before, after }) => `${name} replaced ${container}, which was ${before}, by ${after}`);
}

/** A report says that a document was changed exactly where the run has changed it. */
function checkReport({ name }: Judged, process: SteppedProcess, world: PairWorld): Violations {
  const { ending } = process;
  if (!ending) return [];
  const changed = (container: string) =>
    world.commits.filter(({ by, container: other }) => by === name && other === container).length;
  if ('error' in ending) {
    const { code } = ending.error as { readonly code?: string };
    if (!GAVE_WAY.has(code ?? '')) return [`${name} ended with ${String(ending.error)}`];
    return world.commits.some(({ by }) => by === name) ? [`${name} ended with ${code}, but replaced documents`] : [];
  }
  const { totals, ...report } = ending.value as Report;
  const outcomes = report.outcomes.filter(({ subject }) => subject === undefined);
  const found = outcomes.flatMap(({ id, outcome, code }) => {
    const isDone = (outcome === 'migrated' || outcome === 'rolled-back') && code === undefined;
    const container = containerOf(id, world);
    const told = `${name} says that ${container} is ${code ?? outcome}`;
    if (outcome === 'failed' && !GAVE_WAY.has(code ?? '')) return [told];
    if (isDone && changed(container) === 0 && hasLanded(container, world)) return [];
    return changed(container) === (isDone ? 1 : 0) ? [] : [`${told}, and replaced it ${changed(container)} times`];
  });
  if (new Set(outcomes.map(({ id }) => id)).size !== outcomes.length) found.push(`${name} reports a document twice`);
  return totals ? [...found, ...checkTotals(name, totals, outcomes.length)] : found;
}

/**
 * A put whose reply was lost looks like one that another run made of the same bytes. So both say that they migrated an
 * object or a row, and both can roll it back.
 */
function hasLanded(container: string, { commits }: PairWorld): boolean {
  return !container.endsWith('json') || container.startsWith('s3://')
    ? commits.some((commit) => commit.container === container)
    : false;
}

function containerOf(id: string, world: PairWorld): string {
  if (id.startsWith('dynamodb://')) return ROW;
  const path = id.replace(/#L\d+$/, '');
  return path.startsWith(world.source) ? path.slice(world.source.length + 1) : path;
}

function checkTotals(name: string, totals: Readonly<Record<string, number>>, documents: number): Violations {
  const { migrated = 0, unchanged = 0, quarantined = 0, failed = 0, notStarted = 0 } = totals;
  const sum = migrated + unchanged + quarantined + failed + notStarted;
  if (totals.documents === documents && sum === documents) return [];
  return [`${name} reports ${documents} documents, and its totals are ${JSON.stringify(totals)}`];
}

interface Entry {
  readonly kind: string;
  readonly run: string;
  readonly command?: string;
  readonly doc?: string;
  readonly outcome?: string;
  readonly target?: string;
  readonly store?: string;
  readonly totals?: Readonly<Record<string, number>>;
}

/** One target and one store; every change has its intent before its result; what ended says so. */
function checkJournal(
  { name, journal, target, isRollback }: Judged,
  process: SteppedProcess,
  world: PairWorld,
): Violations {
  const path = join(world.directory, journal, 'journal.ndjson');
  if (!existsSync(path)) return world.commits.some(({ by }) => by === name) ? [`${name} has no journal`] : [];
  const text = readFileSync(path, 'utf8');
  if (text === '') return [];
  if (!text.endsWith('\n')) return [`the journal of ${name} ends within a line`];
  const entries = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);
  const found: Violations = [];
  const runs = entries.filter(({ kind, command }) => kind === 'run' && command === 'migrate');
  if (new Set(runs.map((entry) => `${entry.target} ${entry.store}`)).size > 1)
    found.push(`${journal} is about two targets`);
  if (!isRollback && runs.some((entry) => entry.target !== target)) found.push(`${journal} is about another target`);
  const frames = entries.filter(({ kind }) => kind === 'run' || kind === 'end').map(({ kind }) => kind);
  // Of runs that were not killed, each has ended before the next one begins.
  if (process.ending && frames.join() !== frames.map((_, at) => (at % 2 === 0 ? 'run' : 'end')).join())
    found.push(`${journal} has the entries of two runs at once: ${frames.join(', ')}`);
  const own = entries.slice(entries.findLastIndex(({ kind }) => kind === 'run'));
  if (own[0]?.kind !== 'run') found.push(`${journal} has entries before the run that they belong to`);
  for (const { doc, outcome } of own.filter(({ kind }) => kind === 'result')) {
    const results = own.filter((entry) => entry.kind === 'result' && entry.doc === doc);
    if (results.length > 1) found.push(`${journal} has ${results.length} results of ${doc} in one run`);
    const isIntended = own.some((entry) => entry.kind === 'intent' && entry.doc === doc);
    if (outcome === 'migrated' && !isIntended) found.push(`${journal} has no intent of ${doc}`);
  }
  if (process.ending && 'value' in process.ending && own.at(-1)?.kind !== 'end') found.push(`${journal} has no end`);
  return found;
}

/** Runs a killed migration or rollback again, to its end, and notes what it replaced. */
async function resume(world: PairWorld, { name, journal, target, isRollback }: Judged): Promise<Violations> {
  const place = world.withJournal(journal);
  const outcomes: readonly Told[] =
    isRollback === true ? await runRollback(place) : (await run(place, {}, { target })).outcomes;
  for (const [container, form] of await world.currentForms()) world.changed(container, form, name);
  const failed = outcomes.filter(({ outcome, code }) => outcome === 'failed' && !GAVE_WAY.has(code ?? ''));
  return failed.map(({ id, code }) => `${name}, run again, fails with ${code} for ${containerOf(id, world)}`);
}

export interface Afterwards {
  /** Another program may have changed a document since: then it cannot be verified and rolled back. */
  readonly isLiving?: boolean;
  /** Every document must have been migrated by one of the runs. */
  readonly isMigrated: boolean;
}

/**
 * A killed run is run again to its end. Then each journal is verified, and all are rolled back in turn: what a journal
 * owns is verified, and every document gets its original bytes back.
 */
export async function checkAfterwards(
  { world, isKilled, processes }: Played,
  judged: readonly Judged[],
  { isMigrated, isLiving = false }: Afterwards,
): Promise<Violations> {
  const killed = isKilled ? judged.find(({ name }) => name === processes[1].name) : undefined;
  const found = killed ? await resume(world, killed) : [];
  for (const [container, form] of await world.currentForms()) {
    if (form === undefined) found.push(`${container} is neither the original nor the result of one run`);
    if (isMigrated && form === 'original') found.push(`no run migrated ${container}`);
  }
  if (isLiving) return found;
  const journals = judged.filter(({ journal }) => existsSync(join(world.directory, journal, 'journal.ndjson')));
  for (const one of journals) if (one.isRollback !== true) found.push(...(await checkVerify(world, one)));
  return [...found, ...(await checkRollback(world, journals))];
}

/** The last run to replace a document first: only its bytes are known to it. */
async function checkRollback(world: PairWorld, journals: readonly Judged[]): Promise<Violations> {
  const found: Violations = [];
  const last = world.commits.at(-1)?.by;
  const inOrder = [...journals].sort((one, other) => Number(other.name === last) - Number(one.name === last));
  // Of two documents each run may be the last for one.
  const rounds = world.forms.size > 1 ? [...inOrder, ...inOrder] : inOrder;
  for (const { journal } of rounds) await runRollback(world.withJournal(journal));
  for (const [container, form] of await world.currentForms())
    if (form !== 'original') found.push(`${container} is ${form} after all journals were rolled back`);
  return found;
}

/** Runs that have replaced a container, in order. */
function ownersOf(container: string, { commits }: PairWorld): readonly string[] {
  return commits.filter((commit) => commit.container === container).map(({ by }) => by);
}

async function checkVerify(world: PairWorld, { name, journal, target }: Judged): Promise<Violations> {
  const outcomes = await runVerify(world.withJournal(journal), {}, target);
  return outcomes
    .filter(({ id, outcome }) => ownersOf(containerOf(id, world), world).at(-1) === name && outcome !== 'verified')
    .map(({ id, outcome, code }) => `${name} owns ${containerOf(id, world)}, which is ${code ?? outcome} in verify`);
}

/** The same for worlds in which everything that is checked afterwards is the same. */
export async function stateOf(world: PairWorld, journals: readonly string[]): Promise<string> {
  const texts = journals.map((journal) => {
    const path = join(world.directory, journal, 'journal.ndjson');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  });
  const comparable = texts
    .join()
    .replaceAll(world.directory, '')
    .replaceAll(/"run":"[^"]+"|"blobs(Written|Reused)":\d+/g, '');
  const parts = [
    [...(await world.currentForms())],
    Object.keys(await world.blobs()),
    leftoversIn(world).map((name) => name.replaceAll(/[0-9a-f]{16}\.tmp$/g, '')),
    comparable,
  ];
  return sha256(Buffer.from(JSON.stringify(parts)));
}
