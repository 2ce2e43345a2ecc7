import { randomBytes } from 'node:crypto';
import { codeOf, listed, sha256, text, textOf } from './harness.js';
import type { Harness } from './harness.js';

export function readingContract(harness: Harness): void {
  const { describe, expect, it } = harness.test;
  describe('reading and writing', () => {
    it('gives back the bytes and the version of the last write', async () => {
      const address = harness.fresh();
      const version = await harness.objects.put(address, text('{"a":1}'));
      const found = await harness.objects.get(address);
      expect(Buffer.from(found.bytes).toString()).toBe('{"a":1}');
      expect(found.version).toBe(version);
      expect(version).toMatch(/^".+"$/);
    });

    it('overwrites without a condition and gives another version', async () => {
      const address = harness.fresh();
      const first = await harness.objects.put(address, text('old'));
      const second = await harness.objects.put(address, text('new'));
      expect(second).not.toBe(first);
      expect(textOf((await harness.objects.get(address)).bytes)).toBe('new');
    });

    it('reads at most maxBytes, and says OBJECT_TOO_LARGE for more', async () => {
      const address = harness.fresh();
      await harness.objects.put(address, text('12345'));
      expect(textOf((await harness.objects.get(address, { maxBytes: 5 })).bytes)).toBe('12345');
      expect(await codeOf(harness.objects.get(address, { maxBytes: 4 }))).toBe('OBJECT_TOO_LARGE');
      expect(await codeOf(harness.objects.get(address, { maxBytes: 0 }))).toBe('OBJECT_TOO_LARGE');
    });

    it('keeps an empty body', async () => {
      const address = harness.fresh();
      await harness.objects.put(address, new Uint8Array());
      expect((await harness.objects.get(address)).bytes).toHaveLength(0);
    });

    it('keeps every byte value', async () => {
      const address = harness.fresh('bytes.bin');
      const bytes = Uint8Array.from({ length: 512 }, (_unused, index) => index % 256);
      await harness.objects.put(address, bytes);
      expect(Buffer.from((await harness.objects.get(address)).bytes).equals(bytes)).toBe(true);
    });

    it('does not share memory with the caller', async () => {
      const address = harness.fresh();
      const bytes = Buffer.from('before');
      await harness.objects.put(address, bytes);
      bytes.write('AFTER!');
      (await harness.objects.get(address)).bytes[0] = 0;
      expect(textOf((await harness.objects.get(address)).bytes)).toBe('before');
    });

    it('keeps a body of 6 MiB and reads it back whole', async () => {
      const address = harness.fresh('large.bin');
      const bytes = randomBytes(6 * 1024 * 1024);
      const version = await harness.objects.put(address, bytes, { sha256: sha256(bytes) });
      const found = await harness.objects.get(address);
      expect(sha256(found.bytes)).toBe(sha256(bytes));
      expect(found.version).toBe(version);
    });

    it('says OBJECT_NOT_FOUND for a key nothing lies at', async () => {
      const error = await harness.objects.get(harness.fresh()).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'StoreError', code: 'OBJECT_NOT_FOUND', retryable: false });
    });

    it('says OBJECT_NOT_FOUND for a folder', async () => {
      const address = harness.fresh('folder/object');
      await harness.objects.put(address, text('x'));
      expect(
        await codeOf(harness.objects.get({ bucket: harness.bucket, key: address.key.replace('/object', '') })),
      ).toBe('OBJECT_NOT_FOUND');
    });

    harness.clause('missing bucket is an error', 'says BUCKET_NOT_FOUND when the bucket is missing', async () => {
      const address = { bucket: 'statebag-no-such-bucket', key: 'a' };
      expect(await codeOf(harness.objects.get(address))).toBe('BUCKET_NOT_FOUND');
      expect(await codeOf(harness.objects.put(address, text('x')))).toBe('BUCKET_NOT_FOUND');
      expect(await codeOf(listed(harness.objects, address.bucket, ''))).toBe('BUCKET_NOT_FOUND');
    });

    harness.clause(
      'digest of a single put is verified',
      'refuses bytes that do not have the digest claimed, and keeps nothing',
      async () => {
        const address = harness.fresh();
        const error = await harness.objects
          .put(address, text('these'), { sha256: sha256(text('those')) })
          .catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ name: 'IntegrityError', code: 'DIGEST_MISMATCH' });
        expect(await codeOf(harness.objects.get(address))).toBe('OBJECT_NOT_FOUND');
      },
    );

    it('refuses 6 MiB that do not have the digest claimed, and keeps nothing', async () => {
      const address = harness.fresh();
      const bytes = new Uint8Array(6 * 1024 * 1024);
      expect(await codeOf(harness.objects.put(address, bytes, { sha256: sha256(text('other')) }))).toBe(
        'DIGEST_MISMATCH',
      );
      expect(await codeOf(harness.objects.get(address))).toBe('OBJECT_NOT_FOUND');
    });
  });
}
