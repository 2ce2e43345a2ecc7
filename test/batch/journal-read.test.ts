import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bag, raggedLines } from './bags.js';
import { codeOf, CommandWorld, run, runRollback, journalStatus } from './command-world.js';
import { JOURNAL_FILE, readJournal, runLine, stamp, writeJournal } from './journal-lines.js';
import { temporaryDirectory } from './scratch.js';

type Line = Readonly<Record<string, unknown>>;

const fileOf = ({ directory }: { readonly directory: string }) => join(directory, 'journal', JOURNAL_FILE);
const kindsIn = (world: CommandWorld) => readJournal(world).map(({ kind }) => kind);

function intent(doc: string, more: Line = {}): Line {
  return {
    kind: 'intent',
    doc,
    container: doc,
    before: 'a'.repeat(64),
    after: 'b'.repeat(64),
    bytesBefore: 9,
    bytesAfter: 5,
    blobs: [],
    inverse: [],
    ...more,
  };
}

function result(doc: string, outcome: string, code?: string): Line {
  return {
    kind: 'result',
    doc,
    outcome,
    generation: 'fat',
    bytesBefore: 9,
    bytesAfter: 5,
    ...(code === undefined ? {} : { code, reason: 'because' }),
  };
}

/** A journal as text in a directory of its own. */
function journalOf(text: string): { readonly directory: string } {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'journal'));
  writeFileSync(join(directory, 'journal', JOURNAL_FILE), text);
  return { directory };
}

async function migrated(): Promise<CommandWorld> {
  const world = await CommandWorld.with({ 'a.json': bag(1) });
  await run(world);
  await world.write('b.json', bag(2));
  return world;
}

it('status passes over a torn last line, and the next run ends that line', async () => {
  const world = await migrated();
  expect(kindsIn(world)).toEqual(['run', 'intent', 'result', 'end']);
  truncateSync(fileOf(world), readFileSync(fileOf(world)).length - 10);
  expect(await journalStatus(world)).toMatchObject({ runs: 1, isClosed: false, totals: { migrated: 1 } });
  await run(world);
  const lines = readFileSync(fileOf(world), 'utf8').split('\n');
  expect(() => JSON.parse(lines[3]!) as unknown).toThrow(SyntaxError);
  expect(lines.toSpliced(3, 1).map((line) => /"kind":"(\w+)"/.exec(line)?.[1])).toEqual([
    ...['run', 'intent', 'result', 'run', 'intent', 'result', 'end', undefined],
  ]);
  expect(await journalStatus(world)).toMatchObject({ runs: 2, isClosed: true, totals: { migrated: 2 } });
});

it('status passes over several runs that were each torn at their first line', async () => {
  const world = await migrated();
  for (const part of ['{"kind":"ru', '{"k']) appendFileSync(fileOf(world), `${part}\n`);
  await run(world);
  expect(await journalStatus(world)).toMatchObject({ runs: 2, isClosed: true, totals: { migrated: 2 } });
});

it('status reads a whole last line without its line end, and the next run completes the line', async () => {
  const world = await migrated();
  truncateSync(fileOf(world), readFileSync(fileOf(world)).length - 1);
  expect(await journalStatus(world)).toMatchObject({ runs: 1, isClosed: true });
  await run(world);
  expect(kindsIn(world)).toEqual(['run', 'intent', 'result', 'end', 'run', 'intent', 'result', 'end']);
});

it('status, verify, rollback and migrate refuse damage in the middle and say where it is', async () => {
  const world = await migrated();
  const text = readFileSync(fileOf(world), 'latin1');
  writeFileSync(fileOf(world), text.replace('"kind":"intent"', '"kind":"intent'), 'latin1');
  const place = `byte ${text.indexOf('\n') + 1}`;
  for (const command of [() => journalStatus(world), () => runRollback(world), () => run(world)])
    await expect(command()).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT',
      message: expect.stringContaining(place) as string,
    });
});

it('status names the first of several damaged lines when an entry of the same run follows them', async () => {
  const world = await migrated();
  const lines = readFileSync(fileOf(world), 'latin1').split('\n');
  const damaged = lines.map((line, at) => (at === 1 || at === 2 ? line.slice(0, -1) : line));
  writeFileSync(fileOf(world), damaged.join('\n'), 'latin1');
  await expect(journalStatus(world)).rejects.toMatchObject({
    code: 'JOURNAL_CORRUPT',
    message: expect.stringContaining(`damaged at byte ${lines[0]!.length + 1};`) as string,
  });
});

it.each<[string, (place: { readonly directory: string }) => unknown, string]>([
  ['another version', (place) => ({ ...runLine(place), v: 2 }), 'JOURNAL_VERSION'],
  ['no version', (place) => ({ ...runLine(place), v: undefined }), 'JOURNAL_VERSION'],
  ['an unknown kind', () => ({ kind: 'surprise', ...stamp }), 'JOURNAL_INVALID'],
  ['a list', () => [], 'JOURNAL_INVALID'],
  ['null', () => null, 'JOURNAL_INVALID'],
])('status refuses a journal with %s', async (_, entry, code) => {
  const place = journalOf('');
  writeFileSync(fileOf(place), `${JSON.stringify(entry(place))}\n`);
  expect(await codeOf(journalStatus(place))).toBe(code);
});

it('status says that there is no journal', async () => {
  expect(await codeOf(journalStatus({ directory: temporaryDirectory() }))).toBe('JOURNAL_MISSING');
});

it('an empty journal, which a run that is killed at its beginning leaves, has no run and takes the next one', async () => {
  const world = await CommandWorld.with({ 'a.json': bag(1) });
  mkdirSync(world.journal);
  writeFileSync(fileOf(world), '');
  expect(await codeOf(journalStatus(world))).toBe('JOURNAL_EMPTY');
  expect((await run(world)).totals).toMatchObject({ migrated: 1, failed: 0 });
  expect(await journalStatus(world)).toMatchObject({ runs: 1, isClosed: true, totals: { migrated: 1 } });
});

describe('the last entry on a document', () => {
  /** What commands make of a journal about one bag that a real run has migrated. */
  async function observed(...entries: readonly string[]) {
    const world = await CommandWorld.with({ 'a.json': bag(1) });
    await run(world);
    const id = join(world.source, 'a.json');
    const intended = readJournal(world).find(({ kind }) => kind === 'intent')!;
    const code = (outcome: string) => (outcome === 'failed' || outcome === 'quarantined' ? 'X' : undefined);
    writeJournal(world, ...entries.map((entry) => (entry === 'intent' ? intended : result(id, entry, code(entry)))));
    const status = await counted(world);
    return {
      status,
      mayBeRolledBack: (await runRollback(world, false)).length === 1,
      isFailed: (await run(world, { apply: false, args: ['--only-failed'] })).outcomes.length === 1,
      isRecovered: (await run(world)).outcomes[0]!.code === 'RECOVERED',
      next: await counted(world),
    };
  }

  /** What the status of the one document is called. */
  async function counted(world: CommandWorld): Promise<readonly string[]> {
    const { totals } = await journalStatus(world);
    const counts = Object.entries(totals).filter(([name, count]) => count > 0 && !/bytes|blobs|documents/.test(name));
    return counts.map(([name]) => name);
  }

  it.each<[title: string, entries: readonly string[], expected: Partial<Awaited<ReturnType<typeof observed>>>]>([
    [
      'an intent alone is unsettled',
      ['intent'],
      { status: ['unsettled'], mayBeRolledBack: true, isFailed: false, isRecovered: true, next: ['migrated'] },
    ],
    [
      'an intent with a failure may have been carried out',
      ['intent', 'failed'],
      { status: ['failed'], mayBeRolledBack: true, isFailed: true, isRecovered: true, next: ['migrated'] },
    ],
    [
      'a migrated document stays migrated when a later run finds it unchanged',
      ['intent', 'migrated', 'unchanged'],
      { status: ['migrated'], mayBeRolledBack: true, isFailed: false, isRecovered: false, next: ['migrated'] },
    ],
    [
      'a migrated document counts as failed when a later run cannot read it, and can be rolled back',
      ['intent', 'migrated', 'failed'],
      { status: ['failed'], mayBeRolledBack: true, isFailed: true, isRecovered: false, next: ['migrated'] },
    ],
    [
      'a migrated document counts as quarantined when a later run finds it damaged, and can be rolled back',
      ['intent', 'migrated', 'quarantined'],
      { status: ['quarantined'], mayBeRolledBack: true, isFailed: true, isRecovered: false, next: ['migrated'] },
    ],
    [
      'a migrated document counts as migrated when a run after a failure finds it unchanged',
      ['intent', 'migrated', 'failed', 'unchanged'],
      { status: ['migrated'], mayBeRolledBack: true, isFailed: false, isRecovered: false, next: ['migrated'] },
    ],
    [
      'a failure no longer counts when a later run finds the document unchanged',
      ['failed', 'unchanged'],
      { status: ['unchanged'], mayBeRolledBack: false, isFailed: false, isRecovered: false, next: ['unchanged'] },
    ],
    [
      'a failure without an intent counts, and there is nothing to roll back',
      ['failed'],
      { status: ['failed'], mayBeRolledBack: false, isFailed: true, isRecovered: false },
    ],
    [
      'a document whose migration a kill stopped is unsettled, and an earlier failure no longer counts',
      ['failed', 'intent'],
      { status: ['unsettled'], mayBeRolledBack: true, isFailed: false, isRecovered: true, next: ['migrated'] },
    ],
    [
      'a document that was rolled back counts as rolled back',
      ['intent', 'migrated', 'rolled-back'],
      { status: ['rolledBack'], mayBeRolledBack: false, isFailed: false, isRecovered: false, next: ['rolledBack'] },
    ],
    [
      'a new intent after a rollback is unsettled',
      ['intent', 'migrated', 'rolled-back', 'intent'],
      { status: ['unsettled'], mayBeRolledBack: true, isFailed: false, isRecovered: true, next: ['migrated'] },
    ],
  ])('%s', async (_, entries, expected) => {
    expect(await observed(...entries)).toMatchObject(expected);
  });

  it.each<[title: string, lines: (path: string) => readonly Line[], status: string]>([
    [
      'a file that could not be read is settled by one of its lines',
      (path) => [
        result(path, 'failed', 'X'),
        intent(`${path}#L3`, { container: path, line: 3 }),
        result(`${path}#L3`, 'migrated'),
      ],
      'migrated',
    ],
    [
      'a file that could not be read is settled by an unchanged line too',
      (path) => [result(path, 'failed', 'X'), result(`${path}#L1`, 'unchanged')],
      'unchanged',
    ],
  ])('%s', async (_, lines, status) => {
    const world = await CommandWorld.with({ 'a.ndjson': raggedLines([bag(1)]) });
    writeJournal(world, ...lines(join(world.source, 'a.ndjson')));
    expect((await journalStatus(world)).totals).toMatchObject({ documents: 1, [status]: 1, failed: 0 });
    expect((await run(world, { apply: false, args: ['--only-failed'] })).outcomes).toEqual([]);
  });

  it('status counts a document as unchanged when a run finds it mended after a run quarantined it', async () => {
    const world = await CommandWorld.with({ 'a.json': Buffer.from('{"broken') });
    expect((await run(world)).exit).toBe(1);
    expect((await journalStatus(world)).totals).toMatchObject({ documents: 1, quarantined: 1 });
    await world.write('a.json', Buffer.from('{"a":1}'));
    expect((await run(world)).exit).toBe(0);
    expect((await journalStatus(world)).totals).toMatchObject({ documents: 1, quarantined: 0, unchanged: 1 });
    expect((await run(world, { args: ['--only-failed'] })).outcomes).toEqual([]);
  });

  it('status counts a line once, as migrated, when a run migrates it after a run quarantined it', async () => {
    const broken = Buffer.from('{"broken');
    const world = await CommandWorld.with({ 'a.ndjson': raggedLines([bag(1), broken, bag(2)]) });
    expect((await run(world)).exit).toBe(1);
    expect((await journalStatus(world)).totals).toMatchObject({ documents: 3, migrated: 2, quarantined: 1 });
    const mended = world.read('a.ndjson').toString('latin1').replace(broken.toString(), bag(3).toString('latin1'));
    await world.write('a.ndjson', Buffer.from(mended, 'latin1'));
    expect((await run(world)).totals).toMatchObject({ migrated: 1, failed: 0, quarantined: 0 });
    expect((await journalStatus(world)).totals).toMatchObject({ documents: 3, migrated: 3, quarantined: 0 });
    expect((await run(world, { apply: false, args: ['--only-failed'] })).outcomes).toEqual([]);
  });

  it('status lists failed and quarantined documents with code and reason', async () => {
    const place = journalOf('');
    writeJournal(
      place,
      result('a', 'failed', 'STORE_DENIED'),
      intent('b'),
      result('b', 'quarantined', 'MAP_INVALID'),
      result('c', 'unchanged'),
    );
    expect((await journalStatus(place)).findings).toEqual([
      { id: 'b', outcome: 'quarantined', code: 'MAP_INVALID', reason: 'because' },
      { id: 'a', outcome: 'failed', code: 'STORE_DENIED', reason: 'because' },
    ]);
  });
});
