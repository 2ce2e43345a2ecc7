import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { beforeFirst, faultyDisk } from '../../fakes/faulty-disk.js';
import { lockPathOf, ownerWith, temporaryNameOf } from '../../locks/owners.js';
import { statebag } from '../../cli/terminal.js';
import { bag, bags, raggedLines } from '../bags.js';
import { CommandWorld, run, runRollback, runVerify } from '../command-world.js';
import { filesBelow, temporaryDirectory } from '../scratch.js';

interface Found {
  readonly error?: { readonly code: string };
  readonly documents: readonly { readonly id: string }[];
}

/** The documents that a dry run finds in a directory, in their order. */
async function found(directory: string, source: string, store = join(temporaryDirectory(), 'store')): Promise<Found> {
  const options = ['--store', store, '--journal', 'journal', '--concurrency', '1', '--json'];
  const { out, err } = await statebag(directory, ['migrate', source, ...options]);
  if (out === '') return { documents: [], error: { code: /^statebag: ([A-Z_]+):/.exec(err)![1]! } };
  return JSON.parse(out) as Found;
}

/** Files with one document below a directory, and the names that a source finds there. */
async function namesIn(files: readonly string[], pattern = '.', store?: string): Promise<string[]> {
  const directory = temporaryDirectory();
  for (const file of files) {
    mkdirSync(join(directory, file, '..'), { recursive: true });
    writeFileSync(join(directory, file), '{}');
  }
  const { documents } = await found(directory, pattern, store);
  return documents.map(({ id }) => id.slice(directory.length + 1).replace('#L1', ''));
}

it('migrate finds the documents of a directory at every depth, also hidden ones and upper-case endings, in one order', async () => {
  const files = [
    'b.json',
    'a.ndjson',
    'deep/er/c.jsonl',
    '.hidden.json',
    '.config/d.json',
    'e.txt',
    'f.json.bak',
    'G.JSON',
    'h.json5',
    'B.json',
  ];
  expect(await namesIn(files)).toEqual([
    '.config/d.json',
    '.hidden.json',
    'B.json',
    'G.JSON',
    'a.ndjson',
    'b.json',
    'deep/er/c.jsonl',
  ]);
});

it('migrate passes over what a killed run left, also when a glob matches it', async () => {
  const own = [
    join('sub', temporaryNameOf(ownerWith())),
    lockPathOf('sub/b.ndjson'),
    `${lockPathOf('b')}.${'0'.repeat(32)}`,
    '.a.json.statebag.tmp',
  ];
  const files = ['a.json', ...own, 'sub/b.ndjson'];
  expect(await namesIn(files)).toEqual(['a.json', 'sub/b.ndjson']);
  expect(await namesIn(files, '**/*')).toEqual(['a.json', 'sub/b.ndjson']);
});

it('migrate passes over its store and its journal in the source, and over no other directory', async () => {
  const files = ['store/local/x.json', 'store-2/y.json', 'journal/journal.ndjson', 'a.json'];
  expect(await namesIn(files, '.', 'store')).toEqual(['a.json', 'store-2/y.json']);
});

it.each([
  ['*.json', ['a.json', 'b.json']],
  ['sub/**/*.json', ['sub/c.json', 'sub/deep/d.json']],
  ['{a,sub/c}.json', ['a.json', 'sub/c.json']],
  ['*.txt', ['note.txt']],
  ['*', ['a.json', 'b.json', 'note.txt']],
  ['{a.json,s?b}', ['a.json']],
  ['sub', ['sub/c.json', 'sub/deep/d.json']],
])('migrate takes what the glob %s matches', async (pattern, expected) => {
  expect(await namesIn(['a.json', 'b.json', 'sub/c.json', 'sub/deep/d.json', 'note.txt'], pattern)).toEqual(expected);
});

it('migrate takes a file whose name looks like a glob by its name', async () => {
  expect(await namesIn(['a[1].json', 'a1.json'], 'a[1].json')).toEqual(['a[1].json']);
});

it.each([
  ['a name without a file', 'nowhere', 'SOURCE_NOT_FOUND'],
  ['an empty directory', '.', 'SOURCE_EMPTY'],
  ['a glob without a match', '*.json', 'SOURCE_EMPTY'],
])('migrate refuses %s', async (_, source, code) => {
  expect((await found(temporaryDirectory(), source)).error?.code).toBe(code);
});

it('migrate takes a file with several names once, and follows no circle of links', async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'real'));
  writeFileSync(join(directory, 'real', 'a.json'), bag());
  symlinkSync('real', join(directory, 'current'));
  symlinkSync('../real/a.json', join(directory, 'real', 'z.json'));
  symlinkSync('..', join(directory, 'real', 'loop'));
  expect((await found(directory, '.')).documents).toHaveLength(1);
});

it('migrate never rewrites a file under two names at the same time', async () => {
  const world = await CommandWorld.with({ 'real/a.json': bag() });
  symlinkSync('real', join(world.source, 'current'));
  symlinkSync('real', join(world.source, 'latest'));
  const { totals } = await run(world, { concurrency: 16 });
  expect(totals).toMatchObject({ documents: 1, migrated: 1 });
});

it.each(['gone.json', 'gone'])(
  'migrate reports a link to nothing as a failure, whatever the link is called: %s',
  async (name) => {
    const world = await CommandWorld.with({ 'a.json': bag() });
    symlinkSync('nowhere', join(world.source, name));
    const { totals, outcomes } = await run(world);
    expect(totals).toMatchObject({ documents: 1, migrated: 1, failed: 0, containersFailed: 0 });
    expect(outcomes.find(({ outcome }) => outcome === 'failed')).toMatchObject({
      id: join(world.source, name),
      code: 'LINK_DANGLING',
    });
  },
);

/** Runs as somebody who may not do everything; the superuser, who runs tests in containers, steps down for it. */
async function asNobody<T>(directory: string, work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  chmodSync(directory, 0o777);
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

it('migrate reports a directory that it cannot read after it has migrated the others', async () => {
  const world = await CommandWorld.with({ 'a.json': bag(1), 'closed/b.json': bag(2), 'open/c.json': bag(3) });
  chmodSync(join(world.source, 'closed'), 0);
  const { outcomes } = await asNobody(world.directory, () => run(world, { apply: false }));
  chmodSync(join(world.source, 'closed'), 0o755);
  expect(outcomes.map(({ outcome, code }) => code ?? outcome)).toEqual(['migrated', 'migrated', 'FILE_DENIED']);
  expect(outcomes[2]!.reason).toContain('closed');
});

it('migrate rewrites a read-only file where the directory may be written, and none where it may not', async () => {
  const world = await CommandWorld.with({ 'open/a.json': bag(1), 'shut/b.json': bag(2) });
  chmodSync(join(world.source, 'open/a.json'), 0o444);
  chmodSync(join(world.source, 'open'), 0o777);
  chmodSync(join(world.source, 'shut'), 0o555);
  const { outcomes } = await asNobody(world.directory, () => run(world));
  chmodSync(join(world.source, 'shut'), 0o755);
  expect(Object.fromEntries(outcomes.map(({ id, outcome, code }) => [id.slice(-6), code ?? outcome]))).toEqual({
    'a.json': 'migrated',
    'b.json': 'FILE_DENIED',
  });
  expect(statSync(join(world.source, 'open/a.json')).mode & 0o777).toBe(0o444);
  expect(filesBelow(world.source)).toEqual(['open/a.json', 'shut/b.json']);
});

it('migrate replaces the target of a link and keeps the link', async () => {
  const world = await CommandWorld.with({ 'a.json': bag() });
  const original = bag(9);
  const outside = join(world.directory, 'elsewhere.json');
  writeFileSync(outside, original, { mode: 0o640 });
  symlinkSync(outside, join(world.source, 'b.json'));
  const { totals } = await run(world);
  expect(totals.migrated).toBe(2);
  expect(lstatSync(join(world.source, 'b.json')).isSymbolicLink()).toBe(true);
  expect(readlinkSync(join(world.source, 'b.json'))).toBe(outside);
  expect(readFileSync(outside).equals(original)).toBe(false);
  expect(statSync(outside).mode & 0o777).toBe(0o640);
  expect(filesBelow(world.directory).filter((name) => name.includes('.tmp'))).toEqual([]);
  await runRollback(world);
  expect(readFileSync(outside).equals(original)).toBe(true);
});

it('migrate leaves the other name of a hard link as it was', async () => {
  const original = bag();
  const world = await CommandWorld.with({ 'a.json': original });
  linkSync(join(world.source, 'a.json'), join(world.directory, 'kept'));
  await run(world);
  expect(readFileSync(join(world.directory, 'kept')).equals(original)).toBe(true);
});

it.each([0o600, 0o644, 0o444, 0o755, 0o660])('migrate and rollback keep the mode %o of a file', async (mode) => {
  const world = await CommandWorld.with({ 'a.json': bag(), 'b.ndjson': raggedLines(bags(['pre', 'bare'])) });
  const files = ['a.json', 'b.ndjson'].map((name) => join(world.source, name));
  for (const file of files) chmodSync(file, mode);
  await run(world);
  expect(files.map((file) => statSync(file).mode & 0o7777)).toEqual([mode, mode]);
  await runRollback(world);
  expect(files.map((file) => statSync(file).mode & 0o7777)).toEqual([mode, mode]);
});

it('migrate reports files in a directory where nothing may be created, and leaves nothing there', async () => {
  const world = await CommandWorld.with({
    'closed/a.json': bag(1),
    'closed/b.ndjson': raggedLines(bags(['pre', 'foreign', 'bare'])),
    'open/c.json': bag(2),
  });
  const disk = faultyDisk(join(world.source, 'closed'), ({ kind }) => (kind === 'create' ? 'EACCES' : undefined));
  const { outcomes, totals } = await run(world);
  disk.mend();
  expect(totals).toMatchObject({ documents: 5, migrated: 1 });
  expect(outcomes.filter(({ outcome }) => outcome === 'failed').map(({ code }) => code)).toEqual(
    // One line needs no change, and the file of lines has an outcome of its own.
    ['FILE_DENIED', 'CONTAINER_FAILED', 'FILE_DENIED', 'FILE_DENIED'],
  );
  expect(totals.failed! + totals.notStarted! + totals.unchanged! + totals.migrated!).toBe(5);
  expect(outcomes.find(({ code }) => code === 'FILE_DENIED')!.reason).toContain('permission');
  expect((await run(world)).totals).toMatchObject({ migrated: 3, failed: 0 });
  expect((await runVerify(world)).every(({ outcome }) => outcome === 'verified')).toBe(true);
});

it('migrate reports a file that changes between read and write, and keeps the change', async () => {
  const world = await CommandWorld.with({
    'a.json': bag(1),
    'b.ndjson': raggedLines(bags(['pre', 'bare'])),
    'c.json': bag(3),
  });
  const [changed, changedLines] = [bag(2), raggedLines(bags(['pre', 'bare', 'pre']))];
  const changes = [
    ['a.json', changed],
    ['b.ndjson', changedLines],
  ] as const;
  let opened = 0;
  const disk = faultyDisk(world.source, ({ kind }) => {
    const change = kind === 'create' ? changes[opened++] : undefined;
    if (change) writeFileSync(join(world.source, change[0]), change[1]);
    return undefined;
  });
  const { outcomes } = await run(world);
  disk.mend();
  // The file of lines has an outcome of its own.
  expect(outcomes.map(({ outcome, code }) => code ?? outcome)).toEqual([
    'DOCUMENT_MOVED',
    'DOCUMENT_MOVED',
    'DOCUMENT_MOVED',
    'DOCUMENT_MOVED',
    'migrated',
  ]);
  expect(outcomes.slice(0, 4).map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed', 'failed']);
  expect(readFileSync(join(world.source, 'a.json')).equals(changed)).toBe(true);
  expect(readFileSync(join(world.source, 'b.ndjson')).equals(changedLines)).toBe(true);
  expect(filesBelow(world.source)).toEqual(['a.json', 'b.ndjson', 'c.json']);
  expect((await run(world)).totals).toMatchObject({ migrated: 4, failed: 0 });
});

it.each([
  ['truncated JSON', '{"workflow_config":{"a":1', /^JSON_/],
  ['an array', '[1]', /^NOT_AN_OBJECT$/],
  ['a number', '17', /^NOT_AN_OBJECT$/],
  ['nothing', '', /^JSON_/],
  ['white space', ' \n ', /^JSON_/],
  ['binary', '\u0000\u0001', /^JSON_/],
])('migrate quarantines %s with a code and a reason, and leaves the file', async (_, text, code) => {
  const world = await CommandWorld.with({ 'a.json': Buffer.from(text) });
  const { outcomes } = await run(world);
  expect(outcomes).toHaveLength(1);
  expect(outcomes[0]).toMatchObject({ outcome: 'quarantined', code: expect.stringMatching(code) as string });
  expect(outcomes[0]!.reason!.length).toBeGreaterThan(10);
  expect(readFileSync(join(world.source, 'a.json'), 'utf8')).toBe(text);
});

it('migrate reports a directory that was renamed during the walk as one that cannot be read', async () => {
  const world = await CommandWorld.with({ 'a.json': Buffer.from('{}'), 'z/b.json': Buffer.from('{}') });
  beforeFirst(
    'realpath',
    (path) => path.endsWith('/z'),
    () => {
      renameSync(join(world.source, 'z'), join(world.source, 'moved'));
    },
  );
  const { outcomes } = await run(world);
  expect(outcomes.map(({ id, outcome, code }) => [id, outcome, code])).toEqual([
    [join(world.source, 'a.json'), 'unchanged', undefined],
    [join(world.source, 'z'), 'failed', 'FILE_NOT_FOUND'],
  ]);
});
