import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { documentDigests, filesBelow, sha256 } from '../../batch/scratch.js';
import { statebag } from '../../cli/terminal.js';
import { findHistories, readBooks } from './books.js';
import type { Change, History } from './books.js';
import { ORIGINALS, readDocuments, runAlone } from './play.js';
import type { Ended, Played } from './play.js';
import type { Command } from './schedules.js';

/** What is wrong after a schedule, a sentence each. */
export type Violations = string[];

/** What the bytes of a document are: the original, or the whole result of one run. */
export type Form = 'original' | 'lean' | 'bridge' | 'lean of bridge';

/** Forms of every document by the digest of its bytes. */
export type Forms = ReadonlyMap<string, ReadonlyMap<string, Form>>;

const originals = documentDigests(ORIGINALS);

/** What one run alone makes of each document, and lean of what bridge has made. `directory` is empty. */
export async function findForms(directory: string): Promise<Forms> {
  const forms = new Map<string, Map<string, Form>>();
  const note = (digests: Record<string, string>, form: Form) => {
    for (const [name, digest] of Object.entries(digests)) {
      const known = forms.get(name) ?? new Map<string, Form>();
      forms.set(name, known.set(digest, known.get(digest) ?? form));
    }
  };
  mkdirSync(join(directory, 'bags'));
  for (const [name, bytes] of Object.entries(ORIGINALS)) writeFileSync(join(directory, 'bags', name), bytes);
  const migrate = async (from: string, to: string, out: string) => {
    const args = ['migrate', from, '--store', 'store', '--to', to, '--out', out, '--journal', `for-${out}`, '--apply'];
    const { code, err } = await statebag(directory, args);
    if (code !== 0) throw new Error(`the run alone ended with ${code}: ${err}`);
    return readDocuments(join(directory, out));
  };
  note(originals, 'original');
  note(await migrate('bags', 'lean', 'lean'), 'lean');
  note(await migrate('bags', 'bridge', 'bridge'), 'bridge');
  note(await migrate('bridge', 'lean', 'lean-of-bridge'), 'lean of bridge');
  return forms;
}

/** Documents, copies, pointers and books as they are now: after the two commands, and again after the reruns. */
export function checkWorld(played: Played, forms: Forms): Violations {
  const { directory, schedule } = played;
  const found: Violations = [];
  const documents = readDocuments(join(directory, 'bags'));
  const expected = namesOf(schedule.containers);
  if (Object.keys(documents).join() !== expected.join()) found.push(`there are ${Object.keys(documents).join()}`);
  for (const [name, digest] of Object.entries(documents)) {
    const form = forms.get(name)?.get(digest);
    if (form === undefined) found.push(`${name} is neither the original nor the result of one run`);
    else if (historiesOf(played, name).length === 0)
      found.push(`${name} is ${form}, which the journals do not explain: ${describeChanges(played, name, forms)}`);
  }
  found.push(...checkCopies(played, forms), ...checkPointers(directory));
  return found;
}

function namesOf(containers: readonly string[]): string[] {
  return Object.keys(originals).filter((name) => containers.includes(name.replace(/#L\d+$/, '')));
}

/** All that the journals say of a document. */
function changesOf({ directory }: Played, name: string): readonly Change[] {
  const journals = readdirSync(directory).filter((journal) => existsSync(join(directory, journal, 'journal.ndjson')));
  return journals.flatMap((journal) => readBooks(directory, journal).changes).filter(({ doc }) => doc === name);
}

function historiesOf(played: Played, name: string): readonly History[] {
  const now = readDocuments(join(played.directory, 'bags'))[name]!;
  return findHistories(changesOf(played, name), originals[name]!, now);
}

function describeChanges(played: Played, name: string, forms: Forms): string {
  const form = (digest: string) => forms.get(name)?.get(digest) ?? 'unknown';
  return changesOf(played, name)
    .map(({ journal, command, before, after, claim }) => {
      return `${journal} ${command} ${form(before)} to ${form(after)} (${claim})`;
    })
    .join(', ');
}

/** Copies are whole or absent. Those of a killed command may be unfinished files, which have other names. */
function checkCopies({ directory, schedule }: Played, forms: Forms): Violations {
  const places = schedule.commands.filter(({ kind }) => kind === 'out').map(({ place }) => place!);
  return [...new Set(places)]
    .filter((place) => existsSync(join(directory, place)))
    .flatMap((place) => {
      const copies = readDocuments(join(directory, place));
      const containers = [...new Set(Object.keys(copies).map((name) => name.replace(/#L\d+$/, '')))];
      const strange = Object.entries(copies).filter(([name, digest]) => forms.get(name)?.has(digest) !== true);
      const partial = namesOf(containers).filter((name) => !(name in copies));
      return [...strange.map(([name]) => name), ...partial].map((name) => `${name} in ${place} is not a whole copy`);
    });
}

/** Pointers into the store that lead to nothing, or to other bytes than their key names. */
function checkPointers(directory: string): Violations {
  const names = filesBelow(directory).filter((name) => /^(bags|out-[a-z]+)\/[^.]/.test(name));
  const uris = names.flatMap((name) => {
    const text = readFileSync(join(directory, name), 'latin1');
    return text.match(/s3:\/\/local\/[^"\\]+\/[0-9a-f]{64}\/[^"\\]+/g) ?? [];
  });
  return [...new Set(uris)]
    .filter((uri) => {
      const path = join(directory, 'store', uri.slice('s3://'.length));
      return !existsSync(path) || !uri.includes(`/${sha256(readFileSync(path))}/`);
    })
    .map((uri) => `nothing is stored at ${uri}, or other bytes are`);
}

interface Outcome {
  readonly id: string;
  /** The result of a file of lines, beside those of its lines. */
  readonly subject?: string;
  readonly outcome: string;
  readonly code?: string;
}

interface Report {
  readonly documents: readonly Outcome[];
  readonly totals: Readonly<Record<string, number>>;
  readonly complete?: boolean;
}

/** Another run was first, or is at work: the document is as that run left it. */
const GAVE_WAY = new Set(['DOCUMENT_MOVED', 'DOCUMENT_LOCKED', 'OUT_EXISTS']);

/** Refusals before anything is written. */
const REFUSED = /JOURNAL_(LOCKED|MISMATCH)/;

/** A command ended as it may, and its exit code says what it did. */
export function checkEnding(played: Played, command: Command, end: Ended, isVictim: boolean, forms: Forms): Violations {
  const name = `statebag ${command.args.join(' ')}`;
  const { code, signal, out, err } = end;
  const say = (what: string) => [`${name}: ${what}`];
  if (code === null) return isVictim ? [] : say(`ended by ${signal}`);
  if (code === 2) return REFUSED.test(out + err) ? [] : say(`exit 2: ${err.trim()}`);
  if (code !== 0 && code !== 1) return say(`exit ${code}: ${err.trim()}`);
  const report = parseReport(out);
  if (report === undefined) return isVictim && code === 1 ? [] : say(`exit ${code} without a report: ${out} ${err}`);
  if (command.kind === 'gc') return checkGarbage(report, code, played).flatMap(say);
  const documents = report.documents.filter(({ subject }) => subject === undefined);
  const bad = documents.filter((one) => one.outcome === 'failed' && !GAVE_WAY.has(one.code ?? ''));
  const found = bad.flatMap(({ id, code: reason }) => say(`${basename(id)} failed with ${reason}`));
  const { failed = 0, notStarted = 0, quarantined = 0, containersFailed = 0 } = report.totals;
  const isAll = failed + notStarted + quarantined + containersFailed === 0 && report.complete !== false;
  if (code === 1 && isAll) found.push(...say('exit 1, and nothing is wrong'));
  if (code === 1 && failed + containersFailed === 0 && !isVictim) found.push(...say('was stopped by nothing'));
  if (code === 0 && !isAll) found.push(...say('exit 0, and not all was done'));
  if (code === 0) found.push(...checkClaims(played, command, report, forms).flatMap(say));
  return [...found, ...checkTotals(report, documents.length).flatMap(say)];
}

function parseReport(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}

function checkTotals({ totals }: Report, documents: number): Violations {
  const { migrated = 0, rolledBack = 0, unchanged = 0, quarantined = 0, failed = 0, notStarted = 0 } = totals;
  const sum = migrated + rolledBack + unchanged + quarantined + failed + notStarted;
  return totals.documents === sum && documents + notStarted >= sum
    ? []
    : [`${documents} documents are reported, and the totals are ${JSON.stringify(totals)}`];
}

function checkGarbage({ totals }: Report, code: number, { schedule }: Played): Violations {
  if (totals.deleted !== 0 || totals.garbage !== 0) return [`calls young blobs garbage: ${JSON.stringify(totals)}`];
  const documents = namesOf(schedule.containers).length;
  if (code === 0 && totals.documents !== documents) return [`exit 0, and it read ${totals.documents} documents`];
  return [];
}

/** Exit 0 says that every document was, at one time, in the form that was asked for. */
function checkClaims(played: Played, command: Command, report: Report, forms: Forms): Violations {
  const { directory, schedule } = played;
  const names = namesOf(schedule.containers);
  const named = report.documents.map(({ id }) => basename(id)).sort();
  if (command.kind !== 'rollback' && named.join() !== [...names].sort().join())
    return [`exit 0, and it reports ${named.join()}`];
  if (command.kind === 'plan') return checkPlan(join(directory, command.place!), names, forms);
  if (command.kind === 'out') return checkWholeOut(played, command, forms);
  return report.documents.flatMap(({ id, outcome }) => {
    const name = basename(id);
    const seen = formsSeen(played, name, forms);
    if (allowedForms(command, outcome).some((form) => seen.has(form))) return [];
    return [`exit 0, and it says that ${name} is ${outcome}, which was ${[...seen].join(', ')}`];
  });
}

function allowedForms({ kind }: Command, outcome: string): readonly Form[] {
  if (kind === 'lean') return ['lean', 'lean of bridge'];
  // What is lean already stays lean.
  if (kind === 'bridge') return outcome === 'migrated' ? ['bridge'] : ['bridge', 'lean', 'lean of bridge'];
  return ['original', 'bridge'];
}

/** The forms that a document had at some time. */
function formsSeen(played: Played, name: string, forms: Forms): ReadonlySet<Form> {
  const histories = historiesOf(played, name);
  const digests = [originals[name]!, ...histories.flat().map(({ after }) => after)];
  return new Set(digests.map((digest) => forms.get(name)!.get(digest)!));
}

interface PlanLine {
  readonly kind: string;
  readonly doc: string;
  readonly before: string;
  readonly after: string;
}

function checkPlan(path: string, names: readonly string[], forms: Forms): Violations {
  if (!existsSync(path)) return ['exit 0, and there is no plan'];
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const documents = lines.map((line) => JSON.parse(line) as PlanLine).filter(({ kind }) => kind === 'document');
  const planned = documents.map(({ doc }) => basename(doc)).sort();
  const strange = documents.filter(({ doc, before }) => forms.get(basename(doc))?.has(before) !== true);
  if (planned.join() !== [...names].sort().join()) return [`exit 0, and the plan is about ${planned.join()}`];
  return strange.map(({ doc }) => `exit 0, and the plan has ${basename(doc)} of bytes that it never had`);
}

function checkWholeOut({ directory, schedule }: Played, { place }: Command, forms: Forms): Violations {
  const copies = readDocuments(join(directory, place!));
  return namesOf(schedule.containers)
    .filter((name) => forms.get(name)?.has(copies[name] ?? '') !== true)
    .map((name) => `exit 0, and ${name} has no copy in ${place}`);
}

/** What must be run again: it was killed, stopped, or gave way to the other one. */
export function mustRunAgain({ code }: Ended): boolean {
  return code !== 0;
}

/** Runs a command again, alone. It may fail only for what the other one has done. */
export async function rerun(played: Played, command: Command, forms: Forms): Promise<Violations> {
  const end = await runAlone(played.directory, command);
  const said = end.out + end.err;
  // Only a rollback finds that what it would restore has been migrated once more.
  const isGivingWay = said.includes('_LOCKED') || (command.kind !== 'rollback' && said.includes('DOCUMENT_MOVED'));
  const found = isGivingWay ? [`statebag ${command.args.join(' ')} gives way to nothing: ${said}`] : [];
  found.push(...checkEnding(played, command, end, false, forms));
  return found.map((violation) => `run again, ${violation}`);
}

/**
 * Locks and unfinished files of processes that have ended. Not those in the store: a blob that is there already is not
 * written again, so an unfinished one of a killed process stays in its folder.
 */
function findLeftovers({ directory }: Played): string[] {
  return filesBelow(directory).filter(
    (name) => !name.startsWith('store/') && /^(\.statebag-.*|journal\.lock.*)$/.test(basename(name)),
  );
}

/** Next to documents, leftovers of dead processes stay until a run writes there. None do elsewhere. */
export async function checkLeftovers(played: Played): Promise<Violations> {
  const left = findLeftovers(played);
  if (left.length === 0) return [];
  const [elsewhere, after] = [left.filter((name) => !name.startsWith('bags/')), await migrateOnceMore(played)];
  if (after !== undefined) return [after];
  const found = [...elsewhere, ...findLeftovers(played)];
  return found.length === 0 ? [] : [`left behind: ${found.join(', ')}`];
}

/** When all documents are originals again, this run has something to write. */
async function migrateOnceMore({ directory }: Played): Promise<string | undefined> {
  const args = ['migrate', 'bags', '--store', 'store', '--journal', 'last', '--apply', '--json', '--quiet'];
  const { code, out, err } = await runAlone(directory, { args });
  return code === 0 ? undefined : `a last run ends with ${code}: ${out}${err}`;
}

/** Journals are readable, their books add up, what they own is verified, and rolled back in turn they restore all. */
export async function checkJournals(played: Played): Promise<Violations> {
  const { directory, schedule } = played;
  const journals = readdirSync(directory).filter((name) => existsSync(join(directory, name, 'journal.ndjson')));
  const found: Violations = [];
  for (const journal of journals) found.push(...(await checkJournal(played, journal)));
  const inPlace = journals.filter((journal) => readBooks(directory, journal).changes.length > 0);
  // Which of them is the last one differs from document to document.
  for (let round = 0; round < inPlace.length && !isRestored(played); round++)
    for (const journal of inPlace) await statebag(directory, ['rollback', '--journal', journal, '--apply', '--quiet']);
  for (const name of schedule.containers)
    if (!readFileSync(join(directory, 'bags', name)).equals(ORIGINALS[name]!))
      found.push(`${name} is not the original after all journals were rolled back`);
  return found;
}

function isRestored({ directory, schedule }: Played): boolean {
  return schedule.containers.every((name) => readFileSync(join(directory, 'bags', name)).equals(ORIGINALS[name]!));
}

async function checkJournal(played: Played, journal: string): Promise<Violations> {
  const ask = async (...args: readonly string[]) => {
    const { code, out, err } = await statebag(played.directory, [...args, '--journal', journal, '--json', '--quiet']);
    return { code, err, report: parseReport(out) };
  };
  const { outcomes, isMixed } = readBooks(played.directory, journal);
  const check = await ask('journal', 'check');
  const found = check.code === 0 ? [] : [`journal check of ${journal} ends with ${check.code}: ${check.err}`];
  // A process that was killed before its first entry leaves an empty file, which says nothing about any document.
  if (statSync(join(played.directory, journal, 'journal.ndjson')).size === 0) return found;
  if (isMixed) found.push(`${journal} has the entries of two runs at once`);
  const { report: status } = await ask('status');
  const {
    documents,
    migrated = 0,
    unchanged = 0,
    quarantined = 0,
    failed = 0,
    rolledBack = 0,
    unsettled = 0,
  } = status?.totals ?? {};
  if (documents !== migrated + unchanged + quarantined + failed + rolledBack + unsettled)
    found.push(`status of ${journal} does not add up: ${JSON.stringify(status?.totals)}`);
  const count = (outcome: string) => [...outcomes.values()].filter((one) => one === outcome).length;
  if (rolledBack !== count('rolled-back'))
    found.push(`status of ${journal} counts ${rolledBack} rolled back, and the entries ${count('rolled-back')}`);
  const { report: verified, err } = await ask('verify');
  const states = new Map(verified?.documents.map(({ id, outcome }) => [basename(id), outcome]));
  return [
    ...found,
    ...namesOf(played.schedule.containers)
      .filter((name) => isOwned(played, name, journal) && states.get(name) !== 'verified')
      .map((name) => `${journal} owns ${name}, which is ${states.get(name)} in verify ${err}`),
  ];
}

/** True when, in every way in which it can have happened, this journal has made the document what it is. */
function isOwned(played: Played, name: string, journal: string): boolean {
  const lasts = historiesOf(played, name).map((history) => history.at(-1));
  return lasts.length > 0 && lasts.every((last) => last?.journal === journal && last.command === 'migrate');
}
