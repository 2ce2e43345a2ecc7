import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
// Before the disk, whose system calls it replaces.
import { faultyDisk } from '../fakes/faulty-disk.js';
import { nodeDisk } from '../../src/sources/disk.js';
import { temporaryDirectory } from './scratch.js';

it('the disk refuses to create a file where a file or a link has its name', async () => {
  const directory = temporaryDirectory();
  const path = join(directory, 'a.json');
  writeFileSync(path, '{"original":true}');
  symlinkSync(path, join(directory, 'link'));
  for (const name of ['a.json', 'link'])
    await expect(nodeDisk.openForWrite(join(directory, name))).rejects.toMatchObject({ code: 'EEXIST' });
  expect(readFileSync(path, 'utf8')).toBe('{"original":true}');
});

/** A directory whose syncs end when they are told to: well, or with a code. */
function heldSyncs() {
  const directory = temporaryDirectory();
  const ends: ((code?: string) => void)[] = [];
  faultyDisk(directory, () => new Promise<string | undefined>((resolve) => ends.push(resolve)));
  const sync = () => nodeDisk.syncDirectory(directory);
  /** Resolves when so many syncs have begun. */
  const begun = async (count: number) => {
    await expect.poll(() => ends.length).toBe(count);
  };
  return { ends, sync, begun };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

it('one sync of a directory serves all that ask before it begins, and one more all that ask while it runs', async () => {
  const { ends, sync, begun } = heldSyncs();
  const first = [sync(), sync()];
  await begun(1);
  const second = [sync(), sync(), sync()];
  await turn();
  expect(ends).toHaveLength(1);
  ends[0]!();
  await Promise.all(first);
  await begun(2);
  ends[1]!();
  await Promise.all(second);
  await turn();
  expect(ends).toHaveLength(2);
});

it('who asks for a sync while one runs is answered only after the next one has ended', async () => {
  const { ends, sync, begun } = heldSyncs();
  const first = sync();
  await begun(1);
  let isAnswered = false;
  const second = sync().then(() => (isAnswered = true));
  ends[0]!();
  await first;
  await begun(2);
  expect(isAnswered).toBe(false);
  ends[1]!();
  await second;
  expect(isAnswered).toBe(true);
});

it('a sync that fails fails for all that have asked, those that asked while it ran too', async () => {
  const { ends, sync, begun } = heldSyncs();
  const asked = [sync()];
  await begun(1);
  asked.push(sync(), sync());
  ends[0]!('EIO');
  for (const each of asked) await expect(each).rejects.toMatchObject({ code: 'EIO' });
  expect(ends).toHaveLength(1);
});
