import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { statebag } from '../../cli/terminal.js';
import { faultyDisk } from '../../fakes/faulty-disk.js';
import { bag, bags, raggedLines } from '../bags.js';
import { CommandWorld, run, runRollback, runVerify } from '../command-world.js';
import type { Migrated } from '../command-world.js';
import { filesBelow } from '../scratch.js';

/** `statebag migrate -` with the input in chunks of so many bytes. */
function fromStdin(world: CommandWorld, bytes: Uint8Array | string, chunk = 7, out = 'out'): Promise<Migrated> {
  const whole = Buffer.from(bytes);
  const stdin = (async function* () {
    for (let at = 0; at < whole.length; at += chunk) yield await Promise.resolve(whole.subarray(at, at + chunk));
  })();
  return run(world, { sources: ['-'], args: ['--out', out], terminal: { stdin } });
}

const isThere = (world: CommandWorld, path: string) => existsSync(join(world.directory, path));
const textOf = (world: CommandWorld, path: string) => readFileSync(join(world.directory, path), 'utf8');

const PRETTY = '{\n  "a": {\n    "b": 1\n  }\n}\n';

it.each([
  ['a pretty document', PRETTY, true],
  ['a document on one line', '{"a":1}\n', true],
  ['a document without an end of line', '{"a":1}', true],
  ['blank lines around it', '\n\n{"a":1}\n\n  \n', true],
  ['nothing', '', false],
  ['only blank lines', '\n \n', false],
  ['what is not JSON', 'hello\nworld\n', false],
])('migrate - takes %s for one document, every byte of it', async (_, text, isJson) => {
  const world = await CommandWorld.with({});
  const { outcomes } = await fromStdin(world, text);
  expect(outcomes).toMatchObject([
    { id: '-', outcome: isJson ? 'unchanged' : 'quarantined', bytesBefore: text.length, bytesAfter: text.length },
  ]);
  expect(isThere(world, 'out') ? textOf(world, 'out') : undefined).toBe(isJson ? text : undefined);
});

it('migrate - takes several lines for documents when the first is a document, and counts blank lines', async () => {
  const world = await CommandWorld.with({});
  const { outcomes } = await fromStdin(world, '\n{"a":1}\n\n{"b":2}\r\nbroken\n\n');
  expect(outcomes.map(({ id, outcome, bytesBefore }) => [id, outcome, bytesBefore])).toEqual([
    ['-#L2', 'unchanged', 7],
    ['-#L4', 'unchanged', 7],
    ['-#L5', 'quarantined', 6],
  ]);
  const other = await CommandWorld.with({});
  const valid = await fromStdin(other, '\n{"a":1}\n\n{"b":2}\r\n\n', 7, 'valid');
  expect(valid.outcomes).toHaveLength(2);
  expect(textOf(other, 'valid')).toBe('\n{"a":1}\n\n{"b":2}\r\n\n');
});

it('migrate - writes to standard output without --out, and verify cannot read that again', async () => {
  const world = await CommandWorld.with({});
  const line = ['migrate', '-', ...world.store, '--journal', 'journal', '--apply'];
  const { out, code } = await statebag(world.directory, line, { stdin: bag() });
  expect([code, out.includes('"state_bag_version":2')]).toEqual([0, true]);
  expect((await runVerify(world)).map(({ code: why }) => why)).toEqual(['STDOUT_GONE']);
});

it.each([
  ['one document', bag(), 'out.json'],
  ['lines', Buffer.concat([raggedLines(bags(['pre', 'foreign', 'bare'])), Buffer.from('\n\r\n')]), 'out.ndjson'],
])('migrate - --out writes to a file that is verified and rolled back: %s', async (_, bytes, name) => {
  const world = await CommandWorld.with({});
  const { totals } = await fromStdin(world, bytes, 1000, name);
  expect(totals.failed).toBe(0);
  expect((await runVerify(world)).map(({ outcome }) => outcome)).toEqual(Array(totals.migrated).fill('verified'));
  await runRollback(world);
  expect(readFileSync(join(world.directory, name)).equals(bytes)).toBe(true);
});

it('migrate --out copies a tree with its unchanged documents, and no document that failed', async () => {
  const lines = Buffer.concat([raggedLines(bags(['foreign', 'bare'])), Buffer.from('\n\n')]);
  const world = await CommandWorld.with({
    'a.json': bag(),
    'deep/lines.ndjson': lines,
    'foreign.json': bag(1, 'foreign'),
    'bad.json': Buffer.from('{'),
  });
  const before = filesBelow(world.source).map((name) => world.read(name));
  const out = join(world.directory, 'out');
  await run(world, { args: ['--out', 'out'] });
  expect(filesBelow(out)).toEqual(['a.json', 'deep/lines.ndjson', 'foreign.json']);
  expect(readFileSync(join(out, 'foreign.json')).equals(bag(1, 'foreign'))).toBe(true);
  expect(readFileSync(join(out, 'deep/lines.ndjson'), 'latin1')).toMatch(/\}\n\n$/);
  expect(filesBelow(world.source).map((name) => world.read(name))).toEqual(before);
  const again = await run(world, { args: ['--out', 'out'] });
  expect(again.totals.failed).toBe(0);
  expect((await runVerify(world)).every(({ outcome }) => outcome === 'verified')).toBe(true);
});

it('migrate --out never writes over a file with other content', async () => {
  const world = await CommandWorld.with({ 'a.json': bag() });
  mkdirSync(join(world.directory, 'out'));
  writeFileSync(join(world.directory, 'out', 'a.json'), 'mine');
  const { outcomes } = await run(world, { args: ['--out', 'out'] });
  expect(outcomes[0]).toMatchObject({ outcome: 'failed', code: 'OUT_EXISTS' });
  expect(textOf(world, 'out/a.json')).toBe('mine');
  expect(filesBelow(join(world.directory, 'out'))).toEqual(['a.json']);
});

it.each([
  ['a file below a directory', ['source'], 'out', 'out/deep/a.json'],
  ['a file that is named itself', ['source/deep/a.json'], 'out/', 'out/a.json'],
  ['a file that is named itself, to a file', ['source/deep/a.json'], 'out.json', 'out.json'],
])('migrate --out puts the copy of %s in its place', async (_, sources, out, expected) => {
  const world = await CommandWorld.with({ 'deep/a.json': bag() });
  await run(world, { sources, args: ['--out', out] });
  expect(filesBelow(world.directory).filter((name) => name.startsWith('out'))).toEqual([expected]);
});

it('migrate --out puts the copy of an object below the name of its bucket', async () => {
  const world = await CommandWorld.with({ 's3://docs/deep/a.json': bag() });
  await run(world, { args: ['--out', 'out'] });
  expect(filesBelow(join(world.directory, 'out'))).toEqual(['docs/deep/a.json']);
});

it.each(['../../etc/passwd', 'a/../../../b'])(
  'migrate --out writes no copy of an object with the key %s',
  async (key) => {
    const world = await CommandWorld.with({}, { s3: true });
    // The client folds such keys; a real bucket may hold them all the same.
    world.server.state.put({ bucket: 'docs', key, body: bag(), headers: {}, query: new Map(), operation: 'PutObject' });
    const { outcomes } = await run(world, { args: ['--out', 'out'] });
    expect(outcomes).toMatchObject([{ outcome: 'failed', code: 'KEY_INVALID' }]);
    expect(filesBelow(world.directory)).toEqual(['journal/journal.ndjson']);
  },
);

it('migrate --out reports what the disk says when a copy cannot be written, and leaves no part of it', async () => {
  const world = await CommandWorld.with({ 'sub/a.json': bag() });
  const out = join(world.directory, 'out');
  faultyDisk(out, ({ kind }) => (kind === 'write' ? 'ENOSPC' : undefined));
  const { outcomes } = await run(world, { args: ['--out', 'out'] });
  expect(outcomes[0]).toMatchObject({ outcome: 'failed', code: 'DISK_FULL' });
  expect(filesBelow(out)).toEqual([]);
});
