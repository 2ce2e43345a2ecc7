import { codeOf, listed, text } from './harness.js';
import type { Harness } from './harness.js';

export function listingContract(harness: Harness): void {
  const { describe, expect, it } = harness.test;
  describe('listing', () => {
    harness.clause('key order of a listing', 'lists keys in the order of their UTF-8 bytes', async () => {
      const folder = harness.fresh('').key;
      const keys = ['a/b', 'a.b', 'a-b', 'a/b.c/d', 'a/b-c', 'B', 'a0', 'é', '\uffee', '🙂', 'z/z'].map(
        (key) => folder + key,
      );
      for (const key of keys) await harness.objects.put({ bucket: harness.bucket, key }, text(key));
      const inOrder = keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
      expect(await harness.keysUnder(folder)).toEqual(inOrder);
    });

    it('lists by any beginning of a key, also in the middle of a name', async () => {
      const folder = harness.fresh('').key;
      for (const key of ['exec#1/a', 'exec#1/b', 'exec#12/a', 'other/a'])
        await harness.objects.put({ bucket: harness.bucket, key: folder + key }, text(key));
      expect((await harness.keysUnder(`${folder}exec#1`)).toSorted()).toEqual([
        `${folder}exec#1/a`,
        `${folder}exec#1/b`,
        `${folder}exec#12/a`,
      ]);
      expect(await harness.keysUnder(`${folder}exec#1/`)).toEqual([`${folder}exec#1/a`, `${folder}exec#1/b`]);
      expect(await harness.keysUnder(`${folder}nothing`)).toEqual([]);
    });

    it('tells size, version and time of each object', async () => {
      const address = harness.fresh();
      const before = Date.now();
      const version = await harness.objects.put(address, text('12345'));
      const [found] = await listed(harness.objects, harness.bucket, address.key);
      expect(found).toMatchObject({ ...address, size: 5, version });
      // Servers tell whole seconds, and file systems run a few milliseconds behind the clock.
      expect(Math.abs((found?.lastModified.getTime() ?? 0) - before)).toBeLessThan(5_000);
    });

    it('lists more than one page of 1,000 objects, each once', async () => {
      const folder = harness.fresh('').key;
      const keys = Array.from({ length: 1_050 }, (_unused, index) => `${folder}${String(index).padStart(5, '0')} #+%`);
      for (let at = 0; at < keys.length; at += 50) {
        await Promise.all(
          keys.slice(at, at + 50).map((key) => harness.objects.put({ bucket: harness.bucket, key }, text('x'))),
        );
      }
      expect(await harness.keysUnder(folder)).toEqual(keys);
    });

    it('lists nothing for a beginning that leads out of the bucket', async () => {
      expect(await harness.keysUnder('../')).toEqual([]);
    });
  });

  describe('aborting', () => {
    it('rejects with the reason of a signal already aborted, and does nothing', async () => {
      const address = harness.fresh();
      const reason = new Error('the deadline has passed');
      const signal = AbortSignal.abort(reason);
      await expect(harness.objects.put(address, text('x'), { signal })).rejects.toBe(reason);
      await expect(harness.objects.get(address, { signal })).rejects.toBe(reason);
      await expect(harness.objects.delete(address, { signal })).rejects.toBe(reason);
      expect(await codeOf(harness.objects.get(address))).toBe('OBJECT_NOT_FOUND');
    });

    it('stops a listing with the reason of its signal', async () => {
      const folder = harness.fresh('').key;
      for (const name of ['a', 'b'])
        await harness.objects.put({ bucket: harness.bucket, key: folder + name }, text('x'));
      const reason = new Error('enough');
      await expect(listed(harness.objects, harness.bucket, folder, AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });
}
