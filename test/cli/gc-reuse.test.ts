import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { startS3Server } from '../fakes/s3-server.js';
import type { S3Server } from '../fakes/s3-server.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
let server: S3Server | undefined;

afterEach(() => server?.stop());

function put(name: string, text: string): void {
  mkdirSync(join(scratch.dir, name, '..'), { recursive: true });
  writeFileSync(join(scratch.dir, name), text);
}

async function json(...args: string[]) {
  const s3 = ['--store', 's3://blobs', '--endpoint', server!.endpoint, '--region', 'eu-central-1'];
  const { code, out, err } = await statebag(scratch.dir, [...args, ...(args[0] === 'verify' ? [] : s3), '--json']);
  if (out === '') throw new Error(err);
  return { code, ...(JSON.parse(out) as { readonly totals: Readonly<Record<string, number>> }) };
}

/*
 * The clock of this server is six years late, so that the time of the last write proves nothing: only the version that
 * gc listed tells a blob from the same blob after a run has reused it.
 */
it('gc keeps a blob that a migration reuses after the listing, when the clock of the store is late', async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  let isCollecting = false;
  let reuse: Promise<unknown> | undefined;
  server = await startS3Server({ buckets: ['blobs'], now: () => new Date('2020-01-01T00:00:00Z') });
  server.before(async ({ operation }) => {
    // The first request after the listing that is about a single blob to be deleted.
    if (isCollecting && operation === 'HeadObject')
      await (reuse ??= json('migrate', 'later', '--journal', 'later-journal', '--apply'));
  });
  put('early/a.json', smallBag());
  put('later/b.json', smallBag());
  put('named/c.json', '{"a":1}');
  await json('migrate', 'early', '--journal', 'early-journal', '--apply');
  const before = [...server.state.bucket('blobs').keys()];
  expect(before).toHaveLength(3);

  isCollecting = true;
  const { code, totals } = await json('gc', '--no-journal', 'named', '--apply');
  expect(reuse).toBeDefined();
  expect([code, totals.garbage, totals.deleted, totals.kept]).toEqual([0, 3, 0, 3]);
  expect([...server.state.bucket('blobs').keys()]).toEqual(before);
  expect(await json('verify', '--journal', 'later-journal')).toMatchObject({ code: 0, totals: { verified: 1 } });
});
