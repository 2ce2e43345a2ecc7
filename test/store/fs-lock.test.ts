import fs from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fsObjectStore } from 'statebag-shim/fs';
import { deadLock, deadOwner, lockPathOf, lockText, ownerWith, temporaryNameOf } from '../locks/owners.js';
import { codeOf } from './outcomes.js';

const livingLock = () => lockText(ownerWith());

const address = { bucket: 'bucket', key: 'object.json' };

describe('the lock of a file', () => {
  let root = '';
  let path = '';
  let lock = '';
  beforeEach(async () => {
    root = await fs.mkdtemp(join(tmpdir(), 'statebag-lock-'));
    await fs.mkdir(join(root, 'bucket'));
    path = join(root, 'bucket', address.key);
    lock = lockPathOf(path);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    return fs.rm(root, { recursive: true });
  });

  /** Carries out `work` while a replacement of the object holds its lock: right before the rename. */
  const whileLocked = (work: () => Promise<unknown>) => {
    const rename = fs.rename;
    vi.spyOn(fs, 'rename').mockImplementation(async (from, to) => {
      await work();
      await rename(from, to);
    });
  };

  it('lets one writer at a time replace an object, and every one in the end', async () => {
    await fs.writeFile(path, '');
    let inside = 0;
    let done = 0;
    whileLocked(async () => {
      expect((inside += 1)).toBe(1);
      expect(await fs.readdir(join(root, 'bucket'))).toContain(basename(lock));
      await sleep(2);
      inside -= 1;
      done += 1;
    });
    const stores = Array.from({ length: 12 }, () => fsObjectStore({ root }));
    await Promise.all(stores.map((objects, at) => objects.put(address, Buffer.from(String(at)))));
    expect(done).toBe(12);
    expect(await fs.readdir(join(root, 'bucket'))).toEqual([address.key]);
  });

  it('is given back when the work fails', async () => {
    const objects = fsObjectStore({ root });
    await fs.writeFile(path, '');
    whileLocked(() => Promise.reject(new Error('no')));
    await expect(objects.put(address, Buffer.from('x'))).rejects.toThrow('no');
    vi.restoreAllMocks();
    expect(await fs.readdir(join(root, 'bucket'))).toEqual([address.key]);
    await objects.put(address, Buffer.from('x'));
  });

  it('is waited for while its holder lives', async () => {
    await fs.writeFile(lock, livingLock());
    const objects = fsObjectStore({ root });
    const pending = objects.put(address, Buffer.from('x'));
    expect(await Promise.race([pending, sleep(100, 'still waiting')])).toBe('still waiting');
    await fs.rm(lock);
    expect(await pending).toMatch(/^"/);
  });

  it('is taken over from a process that is provably dead', async () => {
    await fs.writeFile(lock, deadLock());
    const objects = fsObjectStore({ root });
    await objects.put(address, Buffer.from('x'));
    await fs.writeFile(lock, deadLock());
    await objects.delete(address);
    expect(await fs.readdir(join(root, 'bucket'))).toEqual([]);
  });

  it('is not taken over because it is old', async () => {
    await fs.writeFile(lock, deadLock().replace(hostname(), 'another-host'));
    const longAgo = Date.now() / 1000 - 60;
    await fs.utimes(lock, longAgo, longAgo);
    const pending = fsObjectStore({ root }).put(address, Buffer.from('x'));
    expect(await Promise.race([pending, sleep(100, 'still waiting')])).toBe('still waiting');
    await fs.rm(lock);
    expect(await pending).toMatch(/^"/);
  });

  it('that another process holds by the end of the work is left alone', async () => {
    await fs.writeFile(path, '');
    const theirs = livingLock();
    whileLocked(() => fs.writeFile(lock, theirs));
    await fsObjectStore({ root }).put(address, Buffer.from('x'));
    expect(await fs.readFile(lock, 'utf8')).toBe(theirs);
  });

  it('does not keep what killed processes left in the directory', async () => {
    const leftover = join(root, 'bucket', temporaryNameOf(deadOwner()));
    await fs.writeFile(leftover, 'half of an object');
    await fsObjectStore({ root }).put(address, Buffer.from('x'));
    expect(await fs.readdir(join(root, 'bucket'))).toEqual([address.key]);
  });

  it('shows in no listing, and no object can have its name', async () => {
    await fs.writeFile(lock, '');
    const objects = fsObjectStore({ root });
    for await (const found of objects.list('bucket', '')) expect.unreachable(found.key);
    expect(
      await codeOf(objects.put({ bucket: 'bucket', key: lock.slice(lock.lastIndexOf('/') + 1) }, Buffer.from('x'))),
    ).toBe('KEY_INVALID');
  });
});
