import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nodeDisk } from '../../../src/batch/disk.js';
import type { Destination } from '../../../src/batch/committer.js';
import { openOutFile, outTarget } from '../../../src/batch/sources/out.js';
import { StdinSource } from '../../../src/batch/sources/stdin.js';
import { codeOf } from '../../store/outcomes.js';
import { bag, bags, raggedLines } from '../bags.js';
import { run, runRollback, runVerify } from '../workbench.js';
import { filesBelow, temporaryDirectory, World } from '../world.js';

function input(bytes: Uint8Array | string, chunk = 7): AsyncIterable<Uint8Array> {
  const whole = Buffer.from(bytes);
  return (async function* () {
    for (let at = 0; at < whole.length; at += chunk) yield await Promise.resolve(whole.subarray(at, at + chunk));
  })();
}

async function read(bytes: Uint8Array | string) {
  const documents = [];
  let tail = '';
  for await (const container of new StdinSource(input(bytes)).containers()) {
    for await (const document of container.documents())
      documents.push({ id: document.id, line: document.line, text: Buffer.from(document.bytes).toString('utf8') });
    tail = Buffer.from(container.tail).toString('utf8');
  }
  return { documents, tail };
}

const PRETTY = '{\n  "a": {\n    "b": 1\n  }\n}\n';

it.each([
  ['a pretty document', PRETTY],
  ['a document on one line', '{"a":1}\n'],
  ['a document without an end of line', '{"a":1}'],
  ['blank lines around it', '\n\n{"a":1}\n\n  \n'],
  ['nothing', ''],
  ['only blank lines', '\n \n'],
  ['what is no JSON', 'hello\nworld\n'],
])('takes %s for one document, every byte of it', async (_, text) => {
  expect(await read(text)).toEqual({ documents: [{ id: '-', line: undefined, text }], tail: '' });
});

it('takes several lines for documents when the first is one by itself, and counts blank ones', async () => {
  const { documents, tail } = await read('\n{"a":1}\n\n{"b":2}\r\nbroken\n\n');
  expect(documents).toEqual([
    { id: '-#L2', line: 2, text: '{"a":1}' },
    { id: '-#L4', line: 4, text: '{"b":2}' },
    { id: '-#L5', line: 5, text: 'broken' },
  ]);
  expect(tail).toBe('\n');
});

it('goes nowhere without a place to go, and cannot be read again', async () => {
  const world = await World.with({});
  const { outcomes } = await run(world, {}, { sources: [new StdinSource(input(bag()))] });
  expect(outcomes[0]).toMatchObject({ outcome: 'failed', code: 'OUT_MISSING' });
  expect(() => new StdinSource(input('')).container()).toThrow(expect.objectContaining({ code: 'STDIN_GONE' }));
});

/** Copies below a directory, or to one file. */
function copiesTo(out: string, isDirectory: boolean, root: string): Destination {
  const target = outTarget(out, isDirectory, root);
  return {
    isCopy: true,
    pathOf: (container) => target.pathOf(container),
    open: (container) => openOutFile(nodeDisk, target.pathOf(container)),
  };
}

it.each([
  ['one document', bag(), 'out.json'],
  ['lines', Buffer.concat([raggedLines(bags(['pre', 'foreign', 'bare'])), Buffer.from('\n\r\n')]), 'out.ndjson'],
])('writes what came in to a file, to be verified and undone there: %s', async (_, bytes, name) => {
  const world = await World.with({});
  const path = join(world.directory, name);
  const { totals } = await run(
    world,
    {},
    { sources: [new StdinSource(input(bytes, 1000))], destination: copiesTo(path, false, '') },
  );
  expect(totals.failed).toBe(0);
  expect((await runVerify(world)).map(({ outcome }) => outcome)).toEqual(Array(totals.migrated).fill('verified'));
  await runRollback(world);
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

it('copies a tree, unchanged documents too, and none that needs somebody', async () => {
  const lines = Buffer.concat([raggedLines(bags(['foreign', 'bare'])), Buffer.from('\n\n')]);
  const world = await World.with({
    'a.json': bag(),
    'deep/lines.ndjson': lines,
    'foreign.json': bag(1, 'foreign'),
    'bad.json': Buffer.from('{'),
  });
  const before = filesBelow(world.source).map((name) => readFileSync(join(world.source, name)));
  const out = join(world.directory, 'out');
  await run(world, {}, { destination: copiesTo(out, true, world.source) });
  expect(filesBelow(out)).toEqual(['a.json', 'deep/lines.ndjson', 'foreign.json']);
  expect(readFileSync(join(out, 'foreign.json')).equals(bag(1, 'foreign'))).toBe(true);
  expect(readFileSync(join(out, 'deep/lines.ndjson'), 'latin1')).toMatch(/\}\n\n$/);
  expect(filesBelow(world.source).map((name) => readFileSync(join(world.source, name)))).toEqual(before);
  const again = await run(world, {}, { destination: copiesTo(out, true, world.source) });
  expect(again.totals.failed).toBe(0);
  expect((await runVerify(world)).every(({ outcome }) => outcome === 'verified')).toBe(true);
});

it('never writes over a file that says something else', async () => {
  const world = await World.with({ 'a.json': bag() });
  const out = join(world.directory, 'out');
  mkdirSync(out);
  writeFileSync(join(out, 'a.json'), 'mine');
  const { outcomes } = await run(world, {}, { destination: copiesTo(out, true, world.source) });
  expect(outcomes[0]).toMatchObject({ outcome: 'failed', code: 'OUT_EXISTS' });
  expect(readFileSync(join(out, 'a.json'), 'utf8')).toBe('mine');
  expect(filesBelow(out)).toEqual(['a.json']);
});

it.each([
  ['/out', true, '/in', '/in/deep/a.json', '/out/deep/a.json'],
  ['/out', true, '/in', '/in', '/out/in'],
  ['/out', true, '/in', 's3://bucket/deep/a.json', '/out/bucket/deep/a.json'],
  ['/out.json', false, '/in', '/in/a.json', '/out.json'],
])('puts a copy in %s (directory: %s) of %s: %s goes to %s', (out, isDirectory, root, id, expected) => {
  expect(outTarget(out, isDirectory, root).pathOf({ id } as never)).toBe(expected);
});

it.each(['/elsewhere/a.json', 's3://bucket/../../etc/passwd', 's3://bucket/a/../../../b'])(
  'has no place for %s below a directory',
  (id) => {
    expect(() => outTarget('/out', true, '/in').pathOf({ id } as never)).toThrow(
      expect.objectContaining({ code: 'OUT_INVALID' }),
    );
  },
);

it('says what the disk says when a copy cannot be written', async () => {
  const directory = temporaryDirectory();
  const full = () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
  const disk = {
    ...nodeDisk,
    openForWrite: async (path: string) => ({ ...(await nodeDisk.openForWrite(path)), write: full }),
  };
  const replacement = await openOutFile(disk, join(directory, 'sub', 'a.json'));
  expect(await codeOf(replacement.write({ id: 'a', line: undefined, bytes: bag() }, bag()))).toBe('DISK_FULL');
  await replacement.abort();
  expect(existsSync(join(directory, 'sub', 'a.json'))).toBe(false);
  expect(filesBelow(directory)).toEqual([]);
});
