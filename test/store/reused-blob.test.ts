import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { faultyDisk } from '../fakes/faulty-disk.js';
import { fsObjectStore } from 'statebag-shim/fs';
import type { ObjectStore } from '../../src/store/object-store.js';

const BYTES = Buffer.from('{"n":1}');

const putAbsent = (objects: ObjectStore, key: string) =>
  objects
    .put({ bucket: 'local', key }, BYTES, { ifAbsent: true })
    .catch((error: unknown) => (error as { code: string }).code);

it('a directory store syncs the folders of an object that another store has written, once each', async () => {
  const root = mkdtempSync(join(tmpdir(), 'statebag-reused-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true, force: true });
  });
  for (const key of ['a/1/x.json', 'a/2/x.json']) await putAbsent(fsObjectStore({ root }), key);
  const disk = faultyDisk(root);
  let seen = 0;
  const synced = () => {
    const calls = disk.calls.slice(seen);
    seen = disk.calls.length;
    return calls.flatMap(({ kind, path }) => (kind === 'sync-directory' ? [relative(root, path)] : []));
  };
  const objects = fsObjectStore({ root });
  expect(await putAbsent(objects, 'a/1/x.json')).toBe('PRECONDITION_FAILED');
  expect(synced()).toEqual(['local/a/1', 'local/a', 'local', '']);
  expect(await putAbsent(objects, 'a/2/x.json')).toBe('PRECONDITION_FAILED');
  expect(synced()).toEqual(['local/a/2']);
  expect(await putAbsent(objects, 'a/1/x.json')).toBe('PRECONDITION_FAILED');
  expect(synced()).toEqual([]);
});
