import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectAddress, ObjectStore, ObjectSummary } from '../../src/store/object-store.js';
import { codeOf, outcomesOf } from './outcomes.js';

/** What a driver, or the server behind it, may lack. Everything not named here is required of all. */
export type Clause =
  | 'missing bucket is an error'
  | 'create-if-absent'
  | 'create-if-absent over a multipart upload'
  | 'if-match'
  | 'if-match on an absent object'
  | 'delete if-match'
  | 'digest of a single put is verified'
  | 'content headers'
  | 'metadata beyond ASCII'
  | 'tags'
  | 'tags over a multipart upload'
  | 'keys with an empty segment'
  | 'keys with control characters'
  | 'one key that is a folder of another'
  | 'segments over 255 bytes'
  | 'key order of a listing';

/** Where a driver, or the server behind it, falls short of the contract. */
export interface Gaps {
  readonly lacks?: readonly Clause[];
  /** Its conditions hold one request after another, but two requests at the same moment may both win. */
  readonly racy?: boolean;
}

export interface ContractStore {
  readonly objects: ObjectStore;
  /** Exists, and holds nothing that begins with the names the suite uses. */
  readonly bucket: string;
  readonly close?: () => Promise<void>;
}

/**
 * The behaviour of `ObjectStore`, the same for every driver. A clause named in `lacks` is run all the same, and the
 * test asserts that it fails: a gap is stated, and shows when it closes. A race cannot be asserted either way, so a
 * racy store is held to less: somebody wins, and what lies there is whole and a winner's.
 */
export function objectStoreContract(name: string, makeStore: () => Promise<ContractStore>, gaps: Gaps = {}): void {
  const lacks = gaps.lacks ?? [];
  const winners = gaps.racy === true ? 'at least one' : 'exactly one';
  describe(`object store contract: ${name}`, () => {
    let store: ContractStore;
    let objects: ObjectStore;
    let bucket: string;
    let serial = 0;

    beforeAll(async () => {
      store = await makeStore();
      ({ objects, bucket } = store);
    });
    afterAll(async () => {
      await store.close?.();
    });

    /** An address nothing lies at. */
    const fresh = (key = 'object.json') => ({ bucket, key: `t${(serial += 1)}/${key}` });
    const text = (content: string): Uint8Array => Buffer.from(content);
    const keysUnder = async (prefix: string): Promise<string[]> => (await listed(objects, bucket, prefix)).map((found) => found.key);

    const clause = (wanted: Clause, sentence: string, run: () => Promise<void>): void => {
      if (!lacks.includes(wanted)) {
        it(sentence, run);
        return;
      }
      it(`lacks "${wanted}": not true that it ${sentence}`, async () => {
        await expect(run()).rejects.toThrow();
      });
    };

    /** Lets writers loose on one address at once; the losers must be told why, and a winner's bytes must lie there. */
    const race = async (address: ObjectAddress, writers: number, put: (body: Uint8Array) => Promise<unknown>): Promise<void> => {
      const bodies = Array.from({ length: writers }, (_unused, index) => `writer ${index} `.repeat(1_000));
      const outcomes = await outcomesOf(bodies.map((body) => put(text(body))));
      const won = bodies.filter((_body, index) => outcomes[index] === 'done');
      expect(new Set([...outcomes, 'done', 'PRECONDITION_FAILED', 'WRITE_CONFLICT']).size).toBe(3);
      expect(won).toContain(Buffer.from((await objects.get(address)).bytes).toString());
      if (gaps.racy !== true) expect(won).toHaveLength(1);
    };

    describe('reading and writing', () => {
      it('gives back the bytes and the version of the last write', async () => {
        const address = fresh();
        const version = await objects.put(address, text('{"a":1}'));
        const found = await objects.get(address);
        expect(Buffer.from(found.bytes).toString()).toBe('{"a":1}');
        expect(found.version).toBe(version);
        expect(version).toMatch(/^".+"$/);
      });

      it('overwrites without a condition and gives another version', async () => {
        const address = fresh();
        const first = await objects.put(address, text('old'));
        const second = await objects.put(address, text('new'));
        expect(second).not.toBe(first);
        expect(Buffer.from((await objects.get(address)).bytes).toString()).toBe('new');
      });

      it('keeps an empty body', async () => {
        const address = fresh();
        await objects.put(address, new Uint8Array());
        expect((await objects.get(address)).bytes).toHaveLength(0);
      });

      it('keeps every byte value', async () => {
        const address = fresh('bytes.bin');
        const bytes = Uint8Array.from({ length: 512 }, (_unused, index) => index % 256);
        await objects.put(address, bytes);
        expect(Buffer.from((await objects.get(address)).bytes).equals(bytes)).toBe(true);
      });

      it('does not share memory with the caller', async () => {
        const address = fresh();
        const bytes = Buffer.from('before');
        await objects.put(address, bytes);
        bytes.write('AFTER!');
        (await objects.get(address)).bytes[0] = 0;
        expect(Buffer.from((await objects.get(address)).bytes).toString()).toBe('before');
      });

      it('keeps a body of 6 MiB and reads it back whole', async () => {
        const address = fresh('large.bin');
        const bytes = randomBytes(6 * 1024 * 1024);
        const version = await objects.put(address, bytes, { sha256: sha256(bytes) });
        const found = await objects.get(address);
        expect(sha256(found.bytes)).toBe(sha256(bytes));
        expect(found.version).toBe(version);
      });

      it('says OBJECT_NOT_FOUND for a key nothing lies at', async () => {
        const error = await objects.get(fresh()).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ name: 'StoreError', code: 'OBJECT_NOT_FOUND', retryable: false });
      });

      it('says OBJECT_NOT_FOUND for a folder', async () => {
        const address = fresh('folder/object');
        await objects.put(address, text('x'));
        expect(await codeOf(objects.get({ bucket, key: address.key.replace('/object', '') }))).toBe('OBJECT_NOT_FOUND');
      });

      clause('missing bucket is an error', 'says BUCKET_NOT_FOUND when the bucket is missing', async () => {
        const address = { bucket: 'statebag-no-such-bucket', key: 'a' };
        expect(await codeOf(objects.get(address))).toBe('BUCKET_NOT_FOUND');
        expect(await codeOf(objects.put(address, text('x')))).toBe('BUCKET_NOT_FOUND');
        expect(await codeOf(listed(objects, address.bucket, ''))).toBe('BUCKET_NOT_FOUND');
      });

      clause('digest of a single put is verified', 'refuses bytes that do not have the digest claimed, and keeps nothing', async () => {
        const address = fresh();
        const error = await objects.put(address, text('these'), { sha256: sha256(text('those')) }).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ name: 'IntegrityError', code: 'DIGEST_MISMATCH' });
        expect(await codeOf(objects.get(address))).toBe('OBJECT_NOT_FOUND');
      });

      it('refuses 6 MiB that do not have the digest claimed, and keeps nothing', async () => {
        const address = fresh();
        const bytes = new Uint8Array(6 * 1024 * 1024);
        expect(await codeOf(objects.put(address, bytes, { sha256: sha256(text('other')) }))).toBe('DIGEST_MISMATCH');
        expect(await codeOf(objects.get(address))).toBe('OBJECT_NOT_FOUND');
      });
    });

    describe('conditions', () => {
      clause('create-if-absent', 'creates where nothing lies, and leaves alone what lies there', async () => {
        const address = fresh();
        await objects.put(address, text('first'), { ifAbsent: true });
        const error = await objects.put(address, text('second'), { ifAbsent: true }).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ name: 'ConflictError', code: 'PRECONDITION_FAILED', retryable: false });
        expect(Buffer.from((await objects.get(address)).bytes).toString()).toBe('first');
      });

      clause('create-if-absent over a multipart upload', 'creates 6 MiB where nothing lies, and leaves alone what lies there', async () => {
        const address = fresh();
        const bytes = randomBytes(6 * 1024 * 1024);
        await objects.put(address, bytes, { ifAbsent: true });
        expect(await codeOf(objects.put(address, randomBytes(6 * 1024 * 1024), { ifAbsent: true }))).toBe('PRECONDITION_FAILED');
        expect(sha256((await objects.get(address)).bytes)).toBe(sha256(bytes));
      });

      it(`lets ${winners} of sixteen concurrent creators win`, async () => {
        for (let round = 0; round < 5; round += 1) {
          const address = fresh();
          await race(address, 16, (body) => objects.put(address, body, { ifAbsent: true }));
        }
      });

      clause('if-match', 'replaces the version that was read, and no other', async () => {
        const address = fresh();
        const first = await objects.put(address, text('first'));
        const second = await objects.put(address, text('second'), { ifMatch: first });
        expect(await codeOf(objects.put(address, text('third'), { ifMatch: first }))).toBe('PRECONDITION_FAILED');
        expect(await objects.get(address)).toMatchObject({ version: second });
        expect(Buffer.from((await objects.get(address)).bytes).toString()).toBe('second');
      });

      clause('if-match on an absent object', 'says PRECONDITION_FAILED when the object to replace is gone', async () => {
        const address = fresh();
        const version = await objects.put(address, text('x'));
        await objects.delete(address);
        expect(await codeOf(objects.put(address, text('y'), { ifMatch: version }))).toBe('PRECONDITION_FAILED');
        expect(await codeOf(objects.get(address))).toBe('OBJECT_NOT_FOUND');
      });

      it(`lets ${winners} of eight concurrent replacers win`, async () => {
        const address = fresh();
        const version = await objects.put(address, text('base'));
        await race(address, 8, (body) => objects.put(address, body, { ifMatch: version }));
      });

      it('deletes, and deletes what is absent without complaint', async () => {
        const address = fresh();
        await objects.put(address, text('x'));
        await objects.delete(address);
        await objects.delete(address);
        expect(await codeOf(objects.get(address))).toBe('OBJECT_NOT_FOUND');
      });

      clause('delete if-match', 'deletes only the version that was read', async () => {
        const address = fresh();
        const first = await objects.put(address, text('first'));
        const second = await objects.put(address, text('second'));
        expect(await codeOf(objects.delete(address, { ifMatch: first }))).toBe('PRECONDITION_FAILED');
        expect((await objects.get(address)).version).toBe(second);
        await objects.delete(address, { ifMatch: second });
        expect(await codeOf(objects.get(address))).toBe('OBJECT_NOT_FOUND');
      });
    });

    describe('keys', () => {
      const keys = [
        'workflows/wf/executions/owner#auto#wf#0a1b/workflow_config_17.json',
        'a%2Fb/c%23d/100%.json',
        'with space/and+plus/and  two.json',
        'ünïcödé/日本語/🙂.json',
        'emoji at the end 🙂',
        '~tilde/!bang/$dollar/&and/=eq/@at/:colon/,comma/;semi/?question/*star',
        "quote'and\"double/[square]/{curly}/<angle>/|pipe/^caret/`tick`/\\back",
        '.hidden/..dots/...',
        '__proto__',
        'constructor/prototype',
        'UPPER/lower',
      ];
      for (const key of keys) {
        it(`keeps an object under ${JSON.stringify(key)}, and lists it under that name`, async () => {
          const address = fresh(key);
          await objects.put(address, text(key), { ifAbsent: true });
          expect(Buffer.from((await objects.get(address)).bytes).toString()).toBe(key);
          expect(await keysUnder(address.key)).toEqual([address.key]);
          await objects.delete(address);
          expect(await keysUnder(address.key)).toEqual([]);
        });
      }

      it('tells keys apart that only their escapes distinguish', async () => {
        const folder = fresh('').key;
        const twins = ['a/b', 'a%2Fb', 'a b', 'a+b', 'a%20b', 'a#b', 'a?b'];
        for (const key of twins) await objects.put({ bucket, key: folder + key }, text(key));
        for (const key of twins) expect(Buffer.from((await objects.get({ bucket, key: folder + key })).bytes).toString()).toBe(key);
        expect(await keysUnder(folder)).toHaveLength(twins.length);
      });

      it('keeps a key of 900 bytes', async () => {
        const address = fresh(`${'é'.repeat(100)}/`.repeat(4) + 'x'.repeat(90));
        expect(Buffer.byteLength(address.key)).toBeGreaterThan(890);
        await objects.put(address, text('x'));
        expect(await keysUnder(address.key)).toEqual([address.key]);
      });

      clause('segments over 255 bytes', 'keeps a key with a segment of 600 bytes', async () => {
        const address = fresh('s'.repeat(600));
        await objects.put(address, text('x'));
        expect(Buffer.from((await objects.get(address)).bytes).toString()).toBe('x');
      });

      clause('keys with an empty segment', 'keeps apart keys with and without an empty segment', async () => {
        const [double, single] = [fresh('owner//config.json'), fresh('owner/config.json')];
        await objects.put(double, text('double'));
        await objects.put(single, text('single'));
        expect(await keysUnder(double.key)).toEqual([double.key]);
        expect(Buffer.from((await objects.get(double)).bytes).toString()).toBe('double');
      });

      clause('one key that is a folder of another', 'keeps an object whose key is a folder of another', async () => {
        const outer = fresh('a');
        const inner = { bucket, key: `${outer.key}/b` };
        await objects.put(outer, text('outer'));
        await objects.put(inner, text('inner'));
        expect(await keysUnder(outer.key)).toEqual([outer.key, inner.key]);
      });

      clause('keys with control characters', 'lists a key with a line feed under its own name', async () => {
        const address = fresh('line\nfeed\u0001');
        await objects.put(address, text('x'));
        expect(await keysUnder(address.key.slice(0, -2))).toEqual([address.key]);
      });

      it.each(['', '../escape', 'a/../../escape', 'a/./b', '..', 'nul\0byte', 'lone\ud800surrogate', { length: 1025 }])(
        'refuses the key %j with KEY_INVALID, whatever is asked',
        async (odd) => {
          const address = { bucket, key: typeof odd === 'string' ? odd : 'x'.repeat(odd.length) };
          expect(await codeOf(objects.get(address))).toBe('KEY_INVALID');
          expect(await codeOf(objects.put(address, text('x')))).toBe('KEY_INVALID');
          expect(await codeOf(objects.delete(address))).toBe('KEY_INVALID');
        },
      );

      it.each(['', '..', 'a/b', 'a\\b', 'a\0'])('refuses the bucket %j with KEY_INVALID', async (odd) => {
        expect(await codeOf(objects.put({ bucket: odd, key: 'a' }, text('x')))).toBe('KEY_INVALID');
      });
    });

    describe('attributes', () => {
      const attributes = {
        contentType: 'application/json',
        contentEncoding: 'identity',
        contentDisposition: 'attachment; filename="a.json"',
        contentLanguage: 'en',
        cacheControl: 'no-store',
        metadata: { usage: 'reference_only', owner_id: 'owner#1', updated_at: '2026-01-30T08:00:00+00:00' },
      };

      clause('content headers', 'keeps content headers and metadata, and drops them with the next write', async () => {
        const address = fresh();
        await objects.put(address, text('x'), { attributes });
        expect((await objects.get(address)).attributes).toMatchObject(attributes);
        await objects.put(address, text('y'));
        expect((await objects.get(address)).attributes.metadata).toBeUndefined();
      });

      clause('content headers', 'keeps content headers and metadata of 6 MiB', async () => {
        const address = fresh();
        await objects.put(address, new Uint8Array(6 * 1024 * 1024), { attributes });
        expect((await objects.get(address)).attributes).toMatchObject(attributes);
      });

      clause('metadata beyond ASCII', 'keeps metadata beyond ASCII and blanks at the ends', async () => {
        const address = fresh();
        const metadata = { owner: 'Jörg 日本 🙂', padded: '  two  ', coded: '=?UTF-8?B?eA==?=' };
        await objects.put(address, text('x'), { attributes: { metadata } });
        expect((await objects.get(address)).attributes.metadata).toEqual(metadata);
      });

      clause('tags', 'keeps tags and gives them only when asked', async () => {
        const address = fresh();
        const tags = { status: 'pending', 'cost center': 'a+b=c/d' };
        await objects.put(address, text('x'), { attributes: { tags } });
        expect((await objects.get(address, { withTags: true })).attributes.tags).toEqual(tags);
        expect((await objects.get(address)).attributes.tags).toBeUndefined();
      });

      clause('tags over a multipart upload', 'keeps the tags of 6 MiB', async () => {
        const address = fresh();
        await objects.put(address, new Uint8Array(6 * 1024 * 1024), { attributes: { tags: { a: 'b' } } });
        expect((await objects.get(address, { withTags: true })).attributes.tags).toEqual({ a: 'b' });
      });

      it('gives no tags for an object without', async () => {
        const address = fresh();
        await objects.put(address, text('x'));
        expect((await objects.get(address, { withTags: true })).attributes.tags).toBeUndefined();
      });

      it('says truthfully whether it keeps attributes', async () => {
        const address = fresh();
        await objects.put(address, text('x'), { attributes: { metadata: { a: 'b' } } });
        const { metadata } = (await objects.get(address)).attributes;
        expect(metadata).toEqual(objects.keepsAttributes ? { a: 'b' } : undefined);
      });
    });

    describe('listing', () => {
      clause('key order of a listing', 'lists keys in the order of their UTF-8 bytes', async () => {
        const folder = fresh('').key;
        const keys = ['a/b', 'a.b', 'a-b', 'a/b.c/d', 'a/b-c', 'B', 'a0', 'é', '\uffee', '🙂', 'z/z'].map((key) => folder + key);
        for (const key of keys) await objects.put({ bucket, key }, text(key));
        const inOrder = keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
        expect(await keysUnder(folder)).toEqual(inOrder);
      });

      it('lists by any beginning of a key, also in the middle of a name', async () => {
        const folder = fresh('').key;
        for (const key of ['exec#1/a', 'exec#1/b', 'exec#12/a', 'other/a']) await objects.put({ bucket, key: folder + key }, text(key));
        expect((await keysUnder(`${folder}exec#1`)).toSorted()).toEqual([`${folder}exec#1/a`, `${folder}exec#1/b`, `${folder}exec#12/a`]);
        expect(await keysUnder(`${folder}exec#1/`)).toEqual([`${folder}exec#1/a`, `${folder}exec#1/b`]);
        expect(await keysUnder(`${folder}nothing`)).toEqual([]);
      });

      it('tells size, version and time of each object', async () => {
        const address = fresh();
        const before = Date.now();
        const version = await objects.put(address, text('12345'));
        const [found] = await listed(objects, bucket, address.key);
        expect(found).toMatchObject({ ...address, size: 5, version });
        // Servers tell whole seconds, and file systems run a few milliseconds behind the clock.
        expect(Math.abs((found?.lastModified.getTime() ?? 0) - before)).toBeLessThan(5_000);
      });

      it('lists more than one page of 1,000 objects, each once', async () => {
        const folder = fresh('').key;
        const keys = Array.from({ length: 1_050 }, (_unused, index) => `${folder}${String(index).padStart(5, '0')} #+%`);
        for (let at = 0; at < keys.length; at += 50) {
          await Promise.all(keys.slice(at, at + 50).map((key) => objects.put({ bucket, key }, text('x'))));
        }
        expect(await keysUnder(folder)).toEqual(keys);
      });

      it('lists nothing for a beginning that leads out of the bucket', async () => {
        expect(await keysUnder('../')).toEqual([]);
      });
    });

    describe('aborting', () => {
      it('rejects with the reason of a signal already aborted, and does nothing', async () => {
        const address = fresh();
        const reason = new Error('the deadline has passed');
        const signal = AbortSignal.abort(reason);
        await expect(objects.put(address, text('x'), { signal })).rejects.toBe(reason);
        await expect(objects.get(address, { signal })).rejects.toBe(reason);
        await expect(objects.delete(address, { signal })).rejects.toBe(reason);
        expect(await codeOf(objects.get(address))).toBe('OBJECT_NOT_FOUND');
      });

      it('stops a listing with the reason of its signal', async () => {
        const folder = fresh('').key;
        for (const name of ['a', 'b']) await objects.put({ bucket, key: folder + name }, text('x'));
        const reason = new Error('enough');
        await expect(listed(objects, bucket, folder, AbortSignal.abort(reason))).rejects.toBe(reason);
      });
    });
  });
}

async function listed(objects: ObjectStore, bucket: string, prefix: string, signal?: AbortSignal): Promise<ObjectSummary[]> {
  const found: ObjectSummary[] = [];
  for await (const summary of objects.list(bucket, prefix, signal)) found.push(summary);
  return found;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
