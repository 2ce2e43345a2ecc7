import { text } from './harness.js';
import type { Harness } from './harness.js';

export function attributesContract(harness: Harness): void {
  const { describe, expect, it } = harness.test;
  describe('attributes', () => {
    const attributes = {
      contentType: 'application/json',
      contentEncoding: 'identity',
      contentDisposition: 'attachment; filename="a.json"',
      contentLanguage: 'en',
      cacheControl: 'no-store',
      metadata: { usage: 'reference_only', owner_id: 'owner#1', updated_at: '2026-01-30T08:00:00+00:00' },
    };

    harness.clause(
      'content headers',
      'keeps content headers and metadata, and drops them with the next write',
      async () => {
        const address = harness.fresh();
        await harness.objects.put(address, text('x'), { attributes });
        expect((await harness.objects.get(address)).attributes).toMatchObject(attributes);
        await harness.objects.put(address, text('y'));
        expect((await harness.objects.get(address)).attributes.metadata).toBeUndefined();
      },
    );

    harness.clause('content headers', 'keeps content headers and metadata of 6 MiB', async () => {
      const address = harness.fresh();
      await harness.objects.put(address, new Uint8Array(6 * 1024 * 1024), { attributes });
      expect((await harness.objects.get(address)).attributes).toMatchObject(attributes);
    });

    harness.clause('metadata beyond ASCII', 'keeps metadata beyond ASCII and blanks at the ends', async () => {
      const address = harness.fresh();
      const metadata = { owner: 'Jörg 日本 🙂', padded: '  two  ', coded: '=?UTF-8?B?eA==?=' };
      await harness.objects.put(address, text('x'), { attributes: { metadata } });
      expect((await harness.objects.get(address)).attributes.metadata).toEqual(metadata);
    });

    harness.clause('tags', 'keeps tags and gives them only when asked', async () => {
      const address = harness.fresh();
      const tags = { status: 'pending', 'cost center': 'a+b=c/d' };
      await harness.objects.put(address, text('x'), { attributes: { tags } });
      expect((await harness.objects.get(address, { withTags: true })).attributes.tags).toEqual(tags);
      expect((await harness.objects.get(address)).attributes.tags).toBeUndefined();
    });

    harness.clause('tags over a multipart upload', 'keeps the tags of 6 MiB', async () => {
      const address = harness.fresh();
      await harness.objects.put(address, new Uint8Array(6 * 1024 * 1024), { attributes: { tags: { a: 'b' } } });
      expect((await harness.objects.get(address, { withTags: true })).attributes.tags).toEqual({ a: 'b' });
    });

    it('gives no tags for an object without', async () => {
      const address = harness.fresh();
      await harness.objects.put(address, text('x'));
      expect((await harness.objects.get(address, { withTags: true })).attributes.tags).toBeUndefined();
    });

    it('says truthfully whether it keeps attributes', async () => {
      const address = harness.fresh();
      await harness.objects.put(address, text('x'), { attributes: { metadata: { a: 'b' } } });
      const { metadata } = (await harness.objects.get(address)).attributes;
      expect(metadata).toEqual(harness.objects.keepsAttributes ? { a: 'b' } : undefined);
    });
  });
}
