import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { digests, statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const pathOf = (name: string) => join(scratch.dir, name);

function put(name: string, text: string): void {
  mkdirSync(dirname(pathOf(name)), { recursive: true });
  writeFileSync(pathOf(name), text);
}

interface Report {
  readonly totals: Readonly<Record<string, number>>;
  readonly documents: readonly { readonly id: string; readonly outcome: string; readonly code?: string }[];
}

async function json(...args: string[]): Promise<Report & { readonly code: number }> {
  const { code, out, err } = await statebag(scratch.dir, [...args, '--json']);
  if (out === '') throw new Error(err);
  return { ...(JSON.parse(out) as Report), code };
}

const migrate = (source: string, store: string, journal: string, to = 'bridge') =>
  json('migrate', source, '--store', store, '--apply', '--journal', journal, '--to', to);

beforeEach(() => {
  put('real/a.json', smallBag());
  symlinkSync('real', pathOf('link'));
});

it.each([
  ['of another store in the source', 'real', 'real/other'],
  ['of its own store behind a link', 'link', 'real/store'],
])('migrate never changes and does not count the blobs %s', async (_, source, store) => {
  await migrate(source, 'real/store', 'one');
  const before = digests(pathOf('real/store'));
  expect(Object.keys(before)).toHaveLength(2);
  const { totals, code } = await migrate(source, store, 'two');
  expect([code, totals]).toEqual([0, expect.objectContaining({ documents: 1, unchanged: 1 })]);
  expect(digests(pathOf('real/store'))).toEqual(before);
});

it('inspect does not count the blobs of a store whose layout it does not know', async () => {
  const layout = ['--config-key', 'c/{ownerId}/{workflowId}/{sha256}/x.json'];
  await json('migrate', 'real', '--store', 'real/store', '--apply', '--journal', 'one', ...layout);
  expect((await json('inspect', 'real')).totals).toMatchObject({ documents: 1 });
});

it('migrate leaves a bag that is stored under its digest unchanged, and says so', async () => {
  const text = smallBag({ workflowId: 'b' });
  const sha256 = createHash('sha256').update(text).digest('hex');
  put(`real/configs/${sha256}/config.json`, text);
  put(`real/${'ab'.repeat(32)}/c.json`, smallBag({ workflowId: 'c' }));
  const before = digests(pathOf('real/configs'));
  const { totals, documents } = await migrate('real', 'store', 'one', 'lean');
  expect(totals).toMatchObject({ documents: 3, migrated: 2, unchanged: 1 });
  expect(documents.find(({ outcome }) => outcome === 'unchanged')).toMatchObject({
    id: expect.stringContaining(sha256) as string,
    code: 'STORED_BY_DIGEST',
  });
  expect(digests(pathOf('real/configs'))).toEqual(before);
});
