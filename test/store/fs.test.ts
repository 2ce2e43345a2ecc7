import fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fsBlobStore, fsObjectStore } from 'statebag-shim/fs';
import type { ObjectStore } from '../../src/store/object-store.js';
import { codeOf } from './outcomes.js';

const address = { bucket: 'bucket', key: 'folder/object.json' };
const some = Buffer.from('{"a":1}');

describe('the file-system store', () => {
  let root = '';
  let objects: ObjectStore;
  beforeEach(async () => {
    root = await fs.mkdtemp(join(tmpdir(), 'statebag-fs-'));
    objects = fsObjectStore({ root });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await fs.rm(root, { recursive: true });
  });

  const filesBelow = async (directory: string): Promise<string[]> =>
    (await fs.readdir(directory, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);

  const keysOf = async (store: ObjectStore, bucket: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const found of store.list(bucket, '')) keys.push(found.key);
    return keys;
  };

  describe('layout', () => {
    it('keeps an object as the file <root>/<bucket>/<key> and nothing beside it', async () => {
      await objects.put(address, some);
      expect(await fs.readFile(join(root, 'bucket/folder/object.json'), 'utf8')).toBe('{"a":1}');
      expect(await filesBelow(root)).toEqual(['object.json']);
    });

    it('takes the quoted SHA-256 for a version, so that it survives a copy', async () => {
      const version = await objects.put(address, some);
      await fs.cp(join(root, 'bucket'), join(root, 'copy'), { recursive: true });
      expect((await objects.get({ ...address, bucket: 'copy' })).version).toBe(version);
    });

    it('lists nothing in a bucket, or a root, that is not there', async () => {
      expect(await keysOf(objects, 'nowhere')).toEqual([]);
      expect(await keysOf(fsObjectStore({ root: join(root, 'nowhere') }), 'bucket')).toEqual([]);
    });

    it('follows a bucket that an operator linked to another disk', async () => {
      await fs.mkdir(join(root, 'elsewhere'));
      await fs.symlink(join(root, 'elsewhere'), join(root, 'bucket'));
      await objects.put(address, some);
      expect(await filesBelow(join(root, 'elsewhere'))).toEqual(['object.json']);
      expect(await keysOf(objects, 'bucket')).toEqual([address.key]);
    });

    it('does not follow a link in a listing, which might lead back up', async () => {
      await objects.put(address, some);
      await fs.symlink(root, join(root, 'bucket/loop'));
      expect(await keysOf(objects, 'bucket')).toEqual([address.key]);
    });

    it('refuses an empty root', () => {
      expect(() => fsObjectStore({ root: '' })).toThrow(expect.objectContaining({ code: 'STORE_ROOT_EMPTY' }) as Error);
    });

    it('makes a blob store of its own', async () => {
      const blobs = fsBlobStore({ root, bucket: 'b', prefix: '/p/' });
      expect(
        await blobs.put({
          key: 'k',
          bytes: some,
          sha256: '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862',
          addressed: false,
        }),
      ).toBe('written');
      expect(await fs.readFile(join(root, 'b/p/k'), 'utf8')).toBe('{"a":1}');
    });
  });

  describe('keys it cannot hold', () => {
    it.each(['/front', 'back/', 'double//slash', `long/${'x'.repeat(256)}`, `long/${'é'.repeat(128)}`])(
      'refuses %j with KEY_INVALID',
      async (key) => {
        expect(await codeOf(objects.put({ ...address, key }, some))).toBe('KEY_INVALID');
        expect(await codeOf(objects.get({ ...address, key }))).toBe('KEY_INVALID');
        expect(await filesBelow(root)).toEqual([]);
      },
    );

    it('refuses the names of its own unfinished files', async () => {
      const key = 'folder/.01234567-89ab-cdef-0123-456789abcdef.statebag-tmp';
      expect(await codeOf(objects.put({ ...address, key }, some))).toBe('KEY_INVALID');
    });

    it('refuses a key that is a folder of another, and one below an object', async () => {
      await objects.put(address, some);
      expect(await codeOf(objects.put({ ...address, key: 'folder' }, some))).toBe('KEY_INVALID');
      expect(await codeOf(objects.put({ ...address, key: 'folder' }, some, { ifAbsent: true }))).toBe(
        'PRECONDITION_FAILED',
      );
      expect(await codeOf(objects.put({ ...address, key: `${address.key}/below` }, some))).toBe('KEY_INVALID');
      expect(await codeOf(objects.get({ ...address, key: `${address.key}/below` }))).toBe('OBJECT_NOT_FOUND');
      expect(await filesBelow(root)).toEqual(['object.json']);
    });
  });

  describe('whole files or none', () => {
    it('passes over what a killed process left behind', async () => {
      await objects.put(address, some);
      await fs.writeFile(join(root, 'bucket/folder/.01234567-89ab-cdef-0123-456789abcdef.statebag-tmp'), '{"a"');
      expect(await keysOf(objects, 'bucket')).toEqual([address.key]);
    });

    it('has the bytes on disk before the object has its name, and the name before it answers', async () => {
      const steps = await stepsOf(() => objects.put(address, some, { ifAbsent: true }));
      expect(steps).toEqual(['sync file', 'link', 'sync directory']);
    });

    it('replaces in the same order', async () => {
      await objects.put(address, some);
      const steps = await stepsOf(() => objects.put(address, Buffer.from('new')));
      expect(steps).toEqual(['sync file', 'rename', 'sync directory']);
    });

    it('shows a reader the old or the new object, never a part of one', async () => {
      const bodies = [Buffer.alloc(300_000, 'a'), Buffer.alloc(500_000, 'b')];
      await objects.put(address, bodies[0]!);
      const writing = (async () => {
        for (let round = 0; round < 20; round += 1) await objects.put(address, bodies[round % 2]!);
      })();
      for (let round = 0; round < 60; round += 1) {
        const { bytes } = await objects.get(address);
        expect(bodies.some((body) => body.equals(bytes))).toBe(true);
      }
      await writing;
    });

    it('says STORE_FULL on a full disk, keeps the old object and leaves no unfinished file', async () => {
      await objects.put(address, some);
      failWrites('ENOSPC');
      const error = await objects.put(address, Buffer.from('new')).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'StoreError', code: 'STORE_FULL', retryable: false });
      vi.restoreAllMocks();
      expect(Buffer.from((await objects.get(address)).bytes).toString()).toBe('{"a":1}');
      expect(await filesBelow(root)).toEqual(['object.json']);
    });

    it('creates nothing on a full disk', async () => {
      failWrites('EDQUOT');
      expect(await codeOf(objects.put(address, some, { ifAbsent: true }))).toBe('STORE_FULL');
      vi.restoreAllMocks();
      expect(await filesBelow(root)).toEqual([]);
    });

    it('says STORE_DENIED where hard links are refused, rather than risk a half-written object', async () => {
      vi.spyOn(fs, 'link').mockRejectedValue(errno('EPERM'));
      expect(await codeOf(objects.put(address, some, { ifAbsent: true }))).toBe('STORE_DENIED');
      expect(await filesBelow(root)).toEqual([]);
    });

    it('tells a file that appeared at the last moment from one of its own', async () => {
      const link = fs.link;
      vi.spyOn(fs, 'link').mockImplementation(async (from, to) => {
        await fs.writeFile(to, 'rival');
        await link(from, to);
      });
      expect(await codeOf(objects.put(address, some, { ifAbsent: true }))).toBe('PRECONDITION_FAILED');
      expect(Buffer.from((await objects.get(address)).bytes).toString()).toBe('rival');
    });

    it('rejects with the reason of a signal that aborts while it waits its turn', async () => {
      const controller = new AbortController();
      const reason = new Error('enough');
      const first = objects.put(address, some);
      const second = objects.put(address, Buffer.from('second'), { signal: controller.signal });
      controller.abort(reason);
      await expect(second).rejects.toBe(reason);
      await first;
      expect(Buffer.from((await objects.get(address)).bytes).toString()).toBe('{"a":1}');
    });
  });

  describe('refusals of the system', () => {
    it.each([
      ['ENOSPC', 'STORE_FULL', false],
      ['EDQUOT', 'STORE_FULL', false],
      ['EACCES', 'STORE_DENIED', false],
      ['EPERM', 'STORE_DENIED', false],
      ['EROFS', 'STORE_DENIED', false],
      ['EMFILE', 'STORE_UNAVAILABLE', true],
      ['ENFILE', 'STORE_UNAVAILABLE', true],
      ['EIO', 'STORE_UNAVAILABLE', true],
      ['ENAMETOOLONG', 'KEY_INVALID', false],
      ['ENOTDIR', 'KEY_INVALID', false],
    ])('calls %s of a write %s', async (code, expected, retryable) => {
      failWrites(code);
      const error = await objects.put(address, some).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: expected, retryable, context: { bucket: 'bucket', path: address.key } });
    });

    it('passes on what no file-system call threw', async () => {
      const bug = new TypeError('a bug');
      await objects.put(address, some);
      vi.spyOn(fs, 'readFile').mockRejectedValueOnce(bug).mockRejectedValueOnce('text');
      await expect(objects.get(address)).rejects.toBe(bug);
      await expect(objects.get(address)).rejects.toBeInstanceOf(Error);
    });

    it.each(['get', 'list', 'delete'] as const)('gives a typed error when %s is refused', async (operation) => {
      await objects.put(address, some);
      vi.spyOn(fs, 'readFile').mockRejectedValue(errno('EACCES'));
      vi.spyOn(fs, 'readdir').mockRejectedValue(errno('EACCES'));
      vi.spyOn(fs, 'unlink').mockRejectedValue(errno('EACCES'));
      const calls = {
        get: () => objects.get(address),
        list: () => keysOf(objects, 'bucket'),
        delete: () => objects.delete(address),
      };
      expect(await codeOf(calls[operation]())).toBe('STORE_DENIED');
    });
  });

  /** The steps that make a write durable, in the order they were made. */
  async function stepsOf(work: () => Promise<unknown>): Promise<string[]> {
    const steps: string[] = [];
    const open = fs.open;
    vi.spyOn(fs, 'open').mockImplementation(async (...args) => {
      const handle = await open(...args);
      const sync = handle.sync.bind(handle);
      const kind = args[1] === 'r' ? 'sync directory' : 'sync file';
      handle.sync = async () => {
        // Of the directories only the one that got the new name counts here.
        if (kind === 'sync file' || String(args[0]).endsWith('folder')) steps.push(kind);
        await sync();
      };
      return handle;
    });
    const { link, rename } = fs;
    vi.spyOn(fs, 'link').mockImplementation(async (from, to) => {
      steps.push('link');
      await link(from, to);
    });
    vi.spyOn(fs, 'rename').mockImplementation(async (from, to) => {
      steps.push('rename');
      await rename(from, to);
    });
    await work();
    return steps;
  }

  /** Makes every write stop half-way with an error of the system. */
  function failWrites(code: string): void {
    const open = fs.open;
    vi.spyOn(fs, 'open').mockImplementation(async (...args): Promise<FileHandle> => {
      const handle = await open(...args);
      const write = handle.write.bind(handle);
      handle.writeFile = async () => {
        await write(Buffer.from('{"'));
        throw errno(code);
      };
      return handle;
    });
  }
});

function errno(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code, errno: -1, syscall: 'write' });
}
