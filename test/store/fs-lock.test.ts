import fs from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockPathOf } from '../../src/locks/own-names.js';
import { thisOwner } from '../../src/locks/owner.js';
import { withFileLock } from '../../src/store/fs-lock.js';
import { fsObjectStore } from 'statebag-shim/fs';
import { deadLock, deadOwner } from '../batch/world.js';
import { codeOf } from './outcomes.js';

const livingLock = () => `${process.pid} ${hostname()} ${thisOwner()} ${'0'.repeat(32)}\n`;

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
  afterEach(() => fs.rm(root, { recursive: true }));

  it('lets one at a time, and every one in the end', async () => {
    let inside = 0;
    let done = 0;
    const work = async (): Promise<void> => {
      expect((inside += 1)).toBe(1);
      await sleep(2);
      inside -= 1;
      done += 1;
    };
    await Promise.all(Array.from({ length: 12 }, () => withFileLock(path, address, work)));
    expect(done).toBe(12);
    expect(await fs.readdir(join(root, 'bucket'))).toEqual([]);
  });

  it('is given back when the work fails', async () => {
    await expect(withFileLock(path, address, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await withFileLock(path, address, () => Promise.resolve());
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
    await withFileLock(path, address, () => fs.writeFile(lock, livingLock()));
    expect(await fs.readFile(lock, 'utf8')).toBe(livingLock());
  });

  it('does not keep what killed processes left in the directory', async () => {
    const leftover = join(root, 'bucket', `.statebag-${deadOwner()}-${'0'.repeat(16)}.tmp`);
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
