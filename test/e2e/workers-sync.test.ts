import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { putFleet } from '../cli/fleet-dir.js';
import { digests, statebag, useScratch } from '../cli/terminal.js';

const WORKER = fileURLToPath(new URL('../../dist/src/run/worker-process.js', import.meta.url));
const scratch = useScratch();

beforeAll(() => {
  if (!existsSync(WORKER))
    throw new Error(`${WORKER} is not there: workers run the built program; run "npm run build"`);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Milliseconds in which a worker that does not wait replaces all of its documents many times over. */
const LONG_ENOUGH = 1_500;

/**
 * Holds every sync of this process, which is the one with the journal, from the moment when the journal has an intent.
 * Workers are processes of their own, and their syncs are not held.
 */
async function holdSyncs(journal: string) {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let held = 0;
  const file = await open(fileURLToPath(import.meta.url));
  const prototype = Object.getPrototypeOf(file) as FileHandle;
  await file.close();
  for (const name of ['sync', 'datasync'] as const) {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the handle below
    const original = prototype[name];
    vi.spyOn(prototype, name).mockImplementation(async function (this: FileHandle) {
      if (existsSync(journal) && readFileSync(journal, 'utf8').includes('"kind":"intent"')) {
        held++;
        await released;
      }
      await original.call(this);
    });
  }
  return { release, held: () => held };
}

/** Digests of the documents, without the temporary files that are not renamed yet. */
function documents(bags: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(digests(bags)).filter(([name]) => !name.startsWith('.')));
}

it(
  'a worker leaves its documents as they are while the intents in the journal are not synced',
  { timeout: 60_000 },
  async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 8 });
    const bags = join(scratch.dir, 'bags');
    const before = documents(bags);
    const syncs = await holdSyncs(join(scratch.dir, 'journal/journal.ndjson'));
    const args = ['migrate', 'bags', '--store', 'store', '--journal', 'journal', '--apply', '--workers', '2', '--json'];
    const running = statebag(scratch.dir, args);
    try {
      await vi.waitFor(
        () => {
          expect(syncs.held()).toBeGreaterThan(0);
        },
        { timeout: 40_000 },
      );
      await sleep(LONG_ENOUGH);
      expect(documents(bags)).toEqual(before);
    } finally {
      syncs.release();
    }
    const { code, out } = await running;
    expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ complete: true })]);
    expect((JSON.parse(out) as { readonly totals: object }).totals).toMatchObject({ documents: 8, migrated: 8 });
    expect(Object.keys(before).filter((name) => documents(bags)[name] === before[name])).toEqual([]);
  },
);
