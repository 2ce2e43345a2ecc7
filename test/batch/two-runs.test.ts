import { existsSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { nodeDisk } from '../../src/batch/disk.js';
import type { Disk } from '../../src/batch/disk.js';
import type { PlanHeader } from '../../src/batch/plan-entry.js';
import { readPlan } from '../../src/batch/plan-read.js';
import { PlanWriter } from '../../src/batch/plan-write.js';
import type { SourceContainer, SourceDocument } from '../../src/batch/source.js';
import { FileContainer } from '../../src/batch/sources/file.js';
import { openOutFile } from '../../src/batch/sources/out.js';
import { isTemporaryName } from '../../src/batch/temporary-file.js';
import { lockPathOf } from '../../src/locks/own-names.js';
import { thisOwner } from '../../src/locks/owner.js';
import { codeOf } from '../store/outcomes.js';
import { bag } from './bags.js';
import { run } from './workbench.js';
import { deadLock, deadOwner, filesBelow, NOW, temporaryDirectory, World } from './world.js';

const ORIGINAL = Buffer.from('{"original":true}');
const FIRST = Buffer.from('{"first":1}');
const SECOND = Buffer.from('{"second":22}');

/** A replacement of a file that has been read, at the point where it is open. */
async function opened(path: string, disk: Disk = nodeDisk) {
  const container = new FileContainer(path, disk);
  const document = await only(container);
  const replacement = await container.replace();
  return {
    write: (bytes: Uint8Array) => replacement.write(document, bytes),
    commit: () => replacement.commit(new Uint8Array()),
    abort: () => replacement.abort(),
  };
}

async function only(container: SourceContainer): Promise<SourceDocument> {
  for await (const document of container.documents()) return document;
  throw new Error('the container has no document');
}

function document(name = 'a.json'): { readonly directory: string; readonly path: string } {
  const directory = temporaryDirectory();
  const path = join(directory, name);
  writeFileSync(path, ORIGINAL);
  return { directory, path };
}

/** A disk that does something else right before each rename. */
function beforeRename(work: (from: string) => void | Promise<void>): Disk {
  return {
    ...nodeDisk,
    rename: async (from, to) => {
      await work(from);
      await nodeDisk.rename(from, to);
    },
  };
}

it('a replacement commits its own bytes when another run opens the same document before the commit', async () => {
  const { directory, path } = document();
  const first = await opened(path);
  await first.write(FIRST);
  const second = await opened(path);
  await first.commit();
  expect(readFileSync(path)).toEqual(FIRST);
  await second.write(SECOND);
  expect(await codeOf(second.commit())).toBe('DOCUMENT_MOVED');
  expect(readFileSync(path)).toEqual(FIRST);
  expect(readdirSync(directory)).toEqual(['a.json']);
});

it('a replacement that is given up leaves the temporary file of another run alone', async () => {
  const { directory, path } = document();
  const first = await opened(path);
  const second = await opened(path);
  await first.write(FIRST);
  await second.abort();
  await first.commit();
  expect(readFileSync(path)).toEqual(FIRST);
  expect(readdirSync(directory)).toEqual(['a.json']);
});

it('a replacement fails with DOCUMENT_LOCKED while another run is between its comparison and its rename', async () => {
  const { directory, path } = document();
  const codes: string[] = [];
  const second = await opened(path);
  await second.write(SECOND);
  const first = await opened(
    path,
    beforeRename(async () => void codes.push(await codeOf(second.commit()))),
  );
  await first.write(FIRST);
  await first.commit();
  expect(codes).toEqual(['DOCUMENT_LOCKED']);
  expect(readFileSync(path)).toEqual(FIRST);
  expect(readdirSync(directory)).toEqual(['a.json']);
});

it.each(['removed', 'replaced'])(
  'a replacement whose temporary file was %s leaves the document as it is',
  async (how) => {
    const { directory, path } = document();
    const { write, commit } = await opened(path);
    await write(FIRST);
    const temporary = join(directory, readdirSync(directory).find(isTemporaryName)!);
    rmSync(temporary);
    if (how === 'replaced') writeFileSync(temporary, '');
    expect(await codeOf(commit())).toBe('TEMPORARY_FILE_REPLACED');
    expect(readFileSync(path)).toEqual(ORIGINAL);
    expect(existsSync(temporary)).toBe(how === 'replaced');
  },
);

it('a temporary file is never written into a file or link that has its name', async () => {
  const { directory, path } = document();
  symlinkSync(path, join(directory, 'link'));
  for (const name of ['a.json', 'link'])
    await expect(nodeDisk.openForWrite(join(directory, name))).rejects.toMatchObject({ code: 'EEXIST' });
  expect(readFileSync(path)).toEqual(ORIGINAL);
});

it('a copy that is written twice at once is the first one, and the second one fails', async () => {
  const path = join(temporaryDirectory(), 'out', 'a.json');
  const source = { id: 'a', line: undefined, bytes: ORIGINAL };
  const [first, second] = [await openOutFile(nodeDisk, path), await openOutFile(nodeDisk, path)];
  await first.write(source, FIRST);
  await second.write(source, SECOND);
  await first.commit(new Uint8Array());
  expect(await codeOf(second.commit(new Uint8Array()))).toBe('OUT_EXISTS');
  expect(readFileSync(path)).toEqual(FIRST);
  expect(filesBelow(join(path, '..'))).toEqual(['a.json']);
});

it('a copy never replaces one that another run puts there between the look and the rename', async () => {
  const path = join(temporaryDirectory(), 'a.json');
  const source = { id: 'a', line: undefined, bytes: ORIGINAL };
  const codes: string[] = [];
  const second = await openOutFile(nodeDisk, path);
  await second.write(source, SECOND);
  const first = await openOutFile(
    beforeRename(async () => void codes.push(await codeOf(second.commit(new Uint8Array())))),
    path,
  );
  await first.write(source, FIRST);
  await first.commit(new Uint8Array());
  await second.abort();
  expect(codes).toEqual(['DOCUMENT_LOCKED']);
  expect(readFileSync(path)).toEqual(FIRST);
  expect(filesBelow(join(path, '..'))).toEqual(['a.json']);
});

it('two plans that are written to one path at once are each whole, and the last one stays', async () => {
  const path = join(temporaryDirectory(), 'plan.ndjson');
  const header = (tool: string): PlanHeader => ({
    kind: 'plan',
    v: 1,
    at: NOW,
    tool,
    target: 'lean',
    store: 's',
    bucket: 'b',
    prefix: '',
    sources: ['x'],
    options: {},
  });
  const first = await PlanWriter.open(path, header('first'), nodeDisk);
  const second = await PlanWriter.open(path, header('second'), nodeDisk);
  await first.seal();
  expect((await readPlan(path)).header.tool).toBe('first');
  await second.seal();
  expect((await readPlan(path)).header.tool).toBe('second');
  expect(filesBelow(join(path, '..'))).toEqual(['plan.ndjson']);
});

it.each([242, 255])('a document with a name of %i bytes is migrated in place', async (length) => {
  const name = `${'n'.repeat(length - 5)}.json`;
  const world = await World.with({ [name]: bag() });
  expect((await run(world)).totals).toMatchObject({ migrated: 1, failed: 0 });
  expect(filesBelow(world.source)).toEqual([name]);
});

it('a document with a name of 255 bytes that are not ASCII is copied to a file of that name', async () => {
  const path = join(temporaryDirectory(), `${'ü'.repeat(125)}.json`);
  const replacement = await openOutFile(nodeDisk, path);
  await replacement.write({ id: 'a', line: undefined, bytes: ORIGINAL }, FIRST);
  await replacement.commit(new Uint8Array());
  expect(readFileSync(path)).toEqual(FIRST);
});

it('what dead processes left next to a document is removed, and what others left stays', async () => {
  const world = await World.with({ 'a.json': bag() });
  const temporaryOf = (owner: string) => `.statebag-${owner}-${'0'.repeat(16)}.tmp`;
  const kept = [thisOwner(), `1-1-1-1-${'0'.repeat(36)}`, 'unknown'].map(temporaryOf);
  for (const name of [temporaryOf(deadOwner()), ...kept]) await world.write(name, ORIGINAL);
  await world.write(basename(lockPathOf('gone.json')), Buffer.from(deadLock()));
  const lock = basename(lockPathOf('other.json'));
  await world.write(lock, Buffer.from('1 another-host\n'));
  await run(world);
  expect(filesBelow(world.source)).toEqual([...kept, lock, 'a.json'].sort());
});

it('a directory full of locks of a killed run does not keep the next run from its documents', async () => {
  const names = Array.from({ length: 40 }, (_, at) => `${at}.json`);
  const world = await World.with(Object.fromEntries(names.map((name, at) => [name, bag(at + 1)])));
  for (const name of names) await world.write(basename(lockPathOf(name)), Buffer.from(deadLock()));
  expect((await run(world, {}, { concurrency: 16 })).totals).toMatchObject({ migrated: 40, failed: 0 });
  expect(filesBelow(world.source)).toEqual(names.sort());
});
