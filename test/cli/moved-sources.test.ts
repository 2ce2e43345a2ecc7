import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { putBags } from './journal-file.js';
import { digests, statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const JOURNAL = ['--journal', 'j'];
let originals: Record<string, string>;

beforeEach(async () => {
  const bags = [1, 2].map((at) => smallBag({ workflowId: `wf-${at}` }));
  putBags(join(scratch.dir, 'bags'), bags);
  putBags(join(scratch.dir, 'bags', 'deep'), bags);
  originals = digests(join(scratch.dir, 'bags'));
  await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--apply', ...JOURNAL]);
  renameSync(join(scratch.dir, 'bags', 'deep'), join(scratch.dir, 'elsewhere'));
  renameSync(join(scratch.dir, 'bags'), join(scratch.dir, 'moved'));
});

interface Report {
  readonly totals: Readonly<Record<string, number>>;
  readonly documents: readonly { readonly id: string; readonly outcome: string }[];
}

async function json(...args: string[]): Promise<{ readonly code: number; readonly report: Report }> {
  const { code, out } = await statebag(scratch.dir, [...args, ...JOURNAL, '--json']);
  return { code, report: JSON.parse(out) as Report };
}

const MAP = ['--map', 'bags=moved', '--map', 'bags/deep/=elsewhere/'];

it('verify and rollback fail for moved documents without --map', async () => {
  expect(await json('verify')).toMatchObject({ code: 1, report: { totals: { documents: 4, verified: 0 } } });
  expect(await json('rollback')).toMatchObject({ code: 1, report: { totals: { documents: 4, failed: 4 } } });
});

it('verify finds moved documents below the longest start that --map names, and prints their new paths', async () => {
  const { code, report } = await json('verify', ...MAP);
  expect([code, report.totals]).toMatchObject([0, { documents: 4, verified: 4 }]);
  expect(report.documents.map(({ id }) => id).sort()).toEqual(
    ['elsewhere/1.json', 'elsewhere/2.json', 'moved/1.json', 'moved/2.json'].map((name) => join(scratch.dir, name)),
  );
});

it('rollback restores moved documents, and the journal keeps the old paths', async () => {
  const { code, report } = await json('rollback', ...MAP, '--apply');
  expect([code, report.totals]).toMatchObject([0, { documents: 4, rolledBack: 4 }]);
  expect(report.documents.every(({ id }) => /moved|elsewhere/.test(id))).toBe(true);
  const { 'deep/1.json': one, 'deep/2.json': two, ...others } = originals;
  expect(digests(join(scratch.dir, 'moved'))).toEqual(others);
  expect(digests(join(scratch.dir, 'elsewhere'))).toEqual({ '1.json': one, '2.json': two });
  expect(readFileSync(join(scratch.dir, 'j', 'journal.ndjson'), 'utf8')).not.toMatch(/moved|elsewhere/);
  expect((await json('status')).report.totals).toMatchObject({ documents: 4, rolledBack: 4 });
});

it('reasons of moved documents have the new path', async () => {
  mkdirSync(join(scratch.dir, 'empty'));
  const { out } = await statebag(scratch.dir, ['verify', ...JOURNAL, '--map', 'bags=empty', '--json']);
  expect(out).toContain(join(scratch.dir, 'empty', '1.json'));
  expect(out).not.toContain(join(scratch.dir, 'bags'));
});

it.each([
  ['has no equals sign', ['--map', 'bags'], '--map takes OLD=NEW'],
  ['names a start that no document has', ['--map', 'bag=moved'], 'the journal has no document below'],
  ['makes one place of two documents', ['--map', 'bags=moved', '--map', 'bags/deep=moved'], 'makes one place'],
])('verify and rollback refuse a --map that %s', async (_, args, message) => {
  for (const command of ['verify', 'rollback'])
    expect(await statebag(scratch.dir, [command, ...JOURNAL, ...args])).toMatchObject({
      code: 2,
      err: expect.stringContaining(message) as string,
    });
});
