import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { s3ObjectStore } from 'statebag-shim/s3';
import { startS3Server } from '../fakes/s3-server.js';
import type { S3Server } from '../fakes/s3-server.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
let server: S3Server;

beforeEach(async () => {
  server = await startS3Server({ buckets: ['paused'] });
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
});

afterEach(async () => {
  await server.stop();
});

const objects = () => s3ObjectStore({ endpoint: server.endpoint, region: 'eu-central-1' });
const put = (key: string, text: string) =>
  objects().put({ bucket: 'paused', key }, Buffer.from(text), {
    attributes: { contentType: 'application/json', metadata: { who: 'me' } },
  });
const text = async (key: string) => Buffer.from((await objects().get({ bucket: 'paused', key })).bytes).toString();
const s3 = () => ['--endpoint', server.endpoint, '--region', 'eu-central-1'];

async function json(...args: string[]): Promise<{
  readonly code: number;
  readonly totals: Record<string, number>;
  readonly documents: readonly { id: string; outcome: string }[];
}> {
  const { code, out, err } = await statebag(scratch.dir, [...args, '--json']);
  if (out === '') throw new Error(err);
  return {
    code,
    ...(JSON.parse(out) as { totals: Record<string, number>; documents: { id: string; outcome: string }[] }),
  };
}

describe('documents and blobs in one bucket', () => {
  it('come full circle, the blobs being no documents, and attributes are kept', async () => {
    await put('bags/a.json', smallBag());
    await put('bags/b.ndjson', `${smallBag()}\n{"a":1}\n`);
    const args = ['migrate', 's3://paused', '--store', 's3://paused', '--apply', ...s3()];
    const first = await json(...args, '--verify');
    expect([first.code, first.totals.documents, first.totals.migrated]).toEqual([0, 3, 2]);
    expect(first.documents.map(({ id }) => id).sort()).toEqual([
      's3://paused/bags/a.json',
      's3://paused/bags/b.ndjson#L1',
      's3://paused/bags/b.ndjson#L2',
    ]);
    const { attributes } = await objects().get({ bucket: 'paused', key: 'bags/a.json' });
    expect(attributes).toMatchObject({ contentType: 'application/json', metadata: { who: 'me' } });

    expect((await json(...args)).totals).toMatchObject({ documents: 3, unchanged: 3 });
    const back = await json('rollback', '--journal', 'statebag-journal', '--apply');
    expect([back.code, back.totals.rolledBack]).toEqual([0, 2]);
    expect(await text('bags/a.json')).toBe(smallBag());
    expect(await text('bags/b.ndjson')).toBe(`${smallBag()}\n{"a":1}\n`);
  });

  it('have lines that are verified and restored when they moved', async () => {
    const [one, two] = [smallBag({ workflowId: 'wf-1' }), smallBag({ workflowId: 'wf-2' })];
    await put('bags/a.ndjson', `${one}\n${two}\n`);
    await json('migrate', 's3://paused/bags/', '--store', 's3://paused/blobs', '--apply', ...s3());
    const [first, second] = (await text('bags/a.ndjson')).split('\n');
    await put('bags/a.ndjson', `{"new":1}\n${second}\n${first}\n`);
    const verified = await json('verify', '--journal', 'statebag-journal');
    expect([verified.code, verified.totals.verified]).toEqual([0, 2]);
    const back = await json('rollback', '--journal', 'statebag-journal', '--apply');
    expect([back.code, back.totals.rolledBack]).toEqual([0, 2]);
    expect(back.documents.map(({ id }) => id)).toEqual([
      's3://paused/bags/a.ndjson#L2',
      's3://paused/bags/a.ndjson#L3',
    ]);
    expect(await text('bags/a.ndjson')).toBe(`{"new":1}\n${two}\n${one}\n`);
  });

  it('are reached by verify with what the journal remembers', async () => {
    await put('bags/a.json', smallBag());
    await json('migrate', 's3://paused/bags/', '--store', 's3://paused/blobs', '--apply', ...s3());
    const { code, totals } = await json('verify', '--journal', 'statebag-journal');
    expect([code, totals.verified]).toEqual([0, 1]);
    expect(readFileSync(join(scratch.dir, 'statebag-journal', 'journal.ndjson'), 'utf8')).toContain(
      's3://paused/blobs/workflow-configs/',
    );
  });

  it('may be copied into a directory', async () => {
    await put('bags/a.json', smallBag());
    expect(
      (await json('migrate', 's3://paused/bags/', '--store', 'store', '--apply', '--out', 'copy', ...s3())).code,
    ).toBe(0);
    expect(readFileSync(join(scratch.dir, 'copy', 'paused', 'bags', 'a.json'), 'utf8')).toContain('state_bag_version');
    expect(await text('bags/a.json')).toBe(smallBag());
  });
});

describe('what S3 can do wrong', () => {
  it('an empty prefix is no success', async () => {
    const { code, err } = await statebag(scratch.dir, ['migrate', 's3://paused/typo/', '--store', 'store', ...s3()]);
    expect([code, err]).toEqual([2, expect.stringContaining('SOURCE_EMPTY')]);
  });

  it('a store that denies fails each document, and changes none', async () => {
    writeFileSync(join(scratch.dir, 'bag.json'), smallBag());
    server.inject({ operation: 'PutObject', kind: 'denied', times: 100 });
    const { code, documents } = await json('migrate', 'bag.json', '--store', 's3://paused', '--apply', ...s3());
    expect(code).toBe(1);
    expect(documents).toMatchObject([{ outcome: 'failed', code: 'STORE_DENIED' }]);
    expect(readFileSync(join(scratch.dir, 'bag.json'), 'utf8')).toBe(smallBag());
  });

  it('a bucket that is not there is told, and a dry run makes no journal', async () => {
    const { code, err } = await statebag(scratch.dir, ['inspect', 's3://nowhere/x', ...s3()]);
    expect(code).not.toBe(0);
    expect(err + (await statebag(scratch.dir, ['inspect', 's3://nowhere/x', ...s3()])).out).toContain(
      'BUCKET_NOT_FOUND',
    );
    expect(readdirSync(scratch.dir)).toEqual([]);
  });
});
