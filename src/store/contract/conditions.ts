import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { ObjectAddress } from '../object-store.js';
import { codeOf, sha256, text, textOf } from './harness.js';
import type { Harness } from './harness.js';

function hoursFromNow(hours: number): Date {
  return new Date(Date.now() + hours * 3_600_000);
}

/** Of a store that makes versions of more than the bytes: the version alone tells the two writes apart. */
async function refusesOldVersion({ objects }: Harness, address: ObjectAddress, version: string): Promise<boolean> {
  const { version: now } = await objects.get(address);
  return now === version || (await codeOf(objects.delete(address, { ifMatch: version }))) === 'PRECONDITION_FAILED';
}

export function conditionsContract(harness: Harness): void {
  const { describe, expect, it } = harness.test;
  describe('conditions', () => {
    harness.clause('create-if-absent', 'creates where nothing lies, and leaves alone what lies there', async () => {
      const address = harness.fresh();
      await harness.objects.put(address, text('first'), { ifAbsent: true });
      const error = await harness.objects
        .put(address, text('second'), { ifAbsent: true })
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'ConflictError', code: 'PRECONDITION_FAILED', retryable: false });
      expect(textOf((await harness.objects.get(address)).bytes)).toBe('first');
    });

    harness.clause(
      'create-if-absent over a multipart upload',
      'creates 6 MiB where nothing lies, and leaves alone what lies there',
      async () => {
        const address = harness.fresh();
        const bytes = randomBytes(6 * 1024 * 1024);
        await harness.objects.put(address, bytes, { ifAbsent: true });
        expect(await codeOf(harness.objects.put(address, randomBytes(6 * 1024 * 1024), { ifAbsent: true }))).toBe(
          'PRECONDITION_FAILED',
        );
        expect(sha256((await harness.objects.get(address)).bytes)).toBe(sha256(bytes));
      },
    );

    it(`lets ${harness.winners} of sixteen concurrent creators win`, async () => {
      for (let round = 0; round < 5; round += 1) {
        const address = harness.fresh();
        await harness.race(address, 16, (body) => harness.objects.put(address, body, { ifAbsent: true }));
      }
    });

    harness.clause('if-match', 'replaces the version that was read, and no other', async () => {
      const address = harness.fresh();
      const first = await harness.objects.put(address, text('first'));
      const second = await harness.objects.put(address, text('second'), { ifMatch: first });
      expect(await codeOf(harness.objects.put(address, text('third'), { ifMatch: first }))).toBe('PRECONDITION_FAILED');
      expect(await harness.objects.get(address)).toMatchObject({ version: second });
      expect(textOf((await harness.objects.get(address)).bytes)).toBe('second');
    });

    harness.clause(
      'if-match on an absent object',
      'says PRECONDITION_FAILED when the object to replace is gone',
      async () => {
        const address = harness.fresh();
        const version = await harness.objects.put(address, text('x'));
        await harness.objects.delete(address);
        expect(await codeOf(harness.objects.put(address, text('y'), { ifMatch: version }))).toBe('PRECONDITION_FAILED');
        expect(await codeOf(harness.objects.get(address))).toBe('OBJECT_NOT_FOUND');
      },
    );

    it(`lets ${harness.winners} of eight concurrent replacers win`, async () => {
      const address = harness.fresh();
      const version = await harness.objects.put(address, text('base'));
      await harness.race(address, 8, (body) => harness.objects.put(address, body, { ifMatch: version }));
    });

    it('deletes, and deletes what is absent without complaint', async () => {
      const address = harness.fresh();
      await harness.objects.put(address, text('x'));
      await harness.objects.delete(address);
      await harness.objects.delete(address);
      expect(await codeOf(harness.objects.get(address))).toBe('OBJECT_NOT_FOUND');
    });

    harness.clause('delete if-match', 'deletes only the version that was read', async () => {
      const address = harness.fresh();
      const first = await harness.objects.put(address, text('first'));
      const second = await harness.objects.put(address, text('second'));
      expect(await codeOf(harness.objects.delete(address, { ifMatch: first }))).toBe('PRECONDITION_FAILED');
      expect((await harness.objects.get(address)).version).toBe(second);
      await harness.objects.delete(address, { ifMatch: second });
      expect(await codeOf(harness.objects.get(address))).toBe('OBJECT_NOT_FOUND');
    });

    it('deletes only what was last written by the moment given', async () => {
      const address = harness.fresh();
      await harness.objects.put(address, text('x'));
      expect(await codeOf(harness.objects.delete(address, { unmodifiedSince: hoursFromNow(-1) }))).toBe(
        'PRECONDITION_FAILED',
      );
      expect(textOf((await harness.objects.get(address)).bytes)).toBe('x');
      await harness.objects.delete(address, { unmodifiedSince: hoursFromNow(1) });
      await harness.objects.delete(address, { unmodifiedSince: hoursFromNow(1) });
      expect(await codeOf(harness.objects.get(address))).toBe('OBJECT_NOT_FOUND');
    });

    for (const { name, size } of [
      { name: 'a small body', size: 3 },
      { name: '6 MiB', size: 6 * 1024 * 1024 },
    ]) {
      it(`writes ${name} anew, so that it is younger, time and again`, async () => {
        const address = harness.fresh();
        const bytes = randomBytes(size);
        const attributes = { contentType: 'application/json', metadata: { usage: 'reference_only' } };
        await harness.objects.put(address, bytes, { attributes });
        for (let round = 0; round < 2; round += 1) {
          const before = await harness.objects.get(address);
          await harness.aLaterTime();
          await harness.objects.put(address, bytes, {
            attributes: before.attributes,
            unlike: before.version,
            sha256: sha256(bytes),
          });
          const after = await harness.objects.get(address);
          expect(sha256(after.bytes)).toBe(sha256(bytes));
          expect(after.attributes).toEqual(before.attributes);
          expect(after.lastModified.getTime()).toBeGreaterThan(before.lastModified.getTime());
        }
      });
    }

    harness.clause('delete if-match', 'does not delete what was written anew since it was seen', async () => {
      const address = harness.fresh();
      await harness.objects.put(address, text('same'));
      const { version, lastModified } = await harness.objects.get(address);
      // The condition counts whole seconds, in every store.
      await wait(1_100);
      await harness.objects.put(address, text('same'), { unlike: version });
      expect(await codeOf(harness.objects.delete(address, { ifMatch: version, unmodifiedSince: lastModified }))).toBe(
        'PRECONDITION_FAILED',
      );
      expect(await refusesOldVersion(harness, address, version)).toBe(true);
      expect(textOf((await harness.objects.get(address)).bytes)).toBe('same');
    });
  });
}
