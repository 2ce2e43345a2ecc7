import { mkdirSync, readFileSync, readdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const pathOf = (name: string) => join(scratch.dir, name);

function put(name: string, text: string): void {
  mkdirSync(dirname(pathOf(name)), { recursive: true });
  writeFileSync(pathOf(name), text);
}

const blobs = () =>
  readdirSync(pathOf('store'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

async function json(...args: string[]) {
  const { out, err } = await statebag(scratch.dir, [...args, '--json']);
  if (out === '') throw new Error(err);
  return JSON.parse(out) as { readonly answer?: string; readonly totals: Readonly<Record<string, number>> };
}

/** The name of a folder for a blob with other bytes. */
const OTHER_DIGEST = 'ab'.repeat(32);
const LOOKS_LIKE_A_BLOB = `paused/state-members/owner-1/wf-1/${OTHER_DIGEST}/rows.json`;

beforeEach(async () => {
  put('paused/a.json', smallBag());
  await statebag(scratch.dir, ['migrate', 'paused', '--store', 'store', '--apply', '--journal', 'journal']);
  for (const blob of blobs()) utimesSync(blob, 1_600_000_000, 1_600_000_000);
  expect(blobs()).toHaveLength(3);
});

it('gc keeps the blobs that a list of bags names, when the key of the list has the digest of other bytes', async () => {
  put(LOOKS_LIKE_A_BLOB, `{"rows":[${readFileSync(pathOf('paused/a.json'), 'utf8')}]}`);
  renameSync(pathOf('paused/a.json'), pathOf('a.json.old'));
  const { totals } = await json('gc', '--no-journal', 'paused', '--store', 'store', '--apply');
  expect(totals).toMatchObject({ documents: 1, live: 3, deleted: 0 });
  expect(blobs()).toHaveLength(3);
});

it('can-contract counts a list of fat bags, when the key of the list has the digest of other bytes', async () => {
  put(LOOKS_LIKE_A_BLOB, `{"rows":[${smallBag()}]}`);
  const { answer, totals } = await json('can-contract', 'paused');
  expect([answer, totals.documents, totals.remaining]).toEqual(['not proven', 2, 1]);
});
