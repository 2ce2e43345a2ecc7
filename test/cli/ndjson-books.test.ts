import fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { beforeFirst, faultyDisk } from '../fakes/faulty-disk.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const bags = (count: number, more: Readonly<Record<string, unknown>> = {}) =>
  Array.from({ length: count }, (_, at) => smallBag({ workflowId: `wf-${at}`, ...more }));

function put(name: string, lines: readonly string[]): void {
  writeFileSync(join(scratch.dir, name), lines.map((line) => `${line}\n`).join(''));
}

const lines = (name: string) => readFileSync(join(scratch.dir, name), 'utf8').split('\n').slice(0, -1);

const fatLines = (name: string) => lines(name).filter((line) => line.includes('"partition_map":[{')).length;

interface Report {
  readonly totals: Readonly<Record<string, number>>;
  readonly documents: readonly { readonly id: string; readonly outcome: string; readonly code?: string }[];
}

async function run(...args: string[]): Promise<{ readonly code: number; readonly err: string } & Report> {
  const { code, out, err } = await statebag(scratch.dir, [...args, '--journal', 'j', '--json']);
  return { code, err, ...(out === '' ? { totals: {}, documents: [] } : (JSON.parse(out) as Report)) };
}

const migrate = (...more: string[]) => run('migrate', 'a.ndjson', '--store', 'store', '--apply', ...more);

/** Full for everything but the store and the journal. */
const fullDisk = () =>
  faultyDisk(scratch.dir, ({ kind, path }) => (kind === 'write' && !/\/(store|j)\//.test(path) ? 'ENOSPC' : undefined));

/** The second chunk of a file that ends so cannot be read, once. */
function breakReading(name: string): void {
  const { open } = fs;
  const restore = () => {
    Object.assign(fs, { open });
    syncBuiltinESMExports();
  };
  Object.assign(fs, {
    open: async (...args: Parameters<typeof open>): Promise<FileHandle> => {
      const handle = await open(...args);
      if (!String(args[0]).endsWith(name)) return handle;
      const read = handle.read.bind(handle) as (...given: unknown[]) => Promise<unknown>;
      let reads = 0;
      return Object.assign(handle, {
        read: async (...given: unknown[]) => {
          if (++reads === 2) throw Object.assign(new Error('EIO: injected'), { code: 'EIO' });
          return read(...given);
        },
      });
    },
  });
  syncBuiltinESMExports();
  onTestFinished(restore);
  restoreReading = restore;
}

let restoreReading: () => void;

describe('an NDJSON file that failed as a whole', () => {
  it('is taken completely by --only-failed when it could not be written, and status counts each line', async () => {
    put('a.ndjson', bags(30));
    const disk = fullDisk();
    const full = await migrate();
    disk.mend();
    expect([full.code, full.totals]).toMatchObject([
      1,
      { documents: 30, failed: 30, notStarted: 0, containersFailed: 1 },
    ]);
    expect((await run('status')).totals).toMatchObject({ documents: 30, failed: 30, containersFailed: 1 });
    expect(await migrate('--only-failed')).toMatchObject({ code: 0, totals: { documents: 30, migrated: 30 } });
    expect(fatLines('a.ndjson')).toBe(0);
    expect(await run('status')).toMatchObject({
      code: 0,
      totals: { documents: 30, migrated: 30, containersFailed: 0 },
    });
  });

  it('is taken completely by --only-failed when its reading broke in the middle', async () => {
    put('a.ndjson', bags(12, { note: 'x'.repeat(150_000) }));
    breakReading('a.ndjson');
    const broken = await migrate();
    restoreReading();
    expect([broken.code, broken.totals]).toMatchObject([1, { migrated: 0, containersFailed: 1 }]);
    expect(broken.totals.documents).toBeLessThan(12);
    expect((await run('status')).code).toBe(1);
    expect(await migrate('--only-failed')).toMatchObject({ code: 0, totals: { documents: 12, migrated: 12 } });
    expect(await run('status')).toMatchObject({ code: 0, totals: { documents: 12, containersFailed: 0 } });
  });

  it.each([
    ['its lines need no change', ['{"a":1}', '{"b":1}']],
    ['it is empty', []],
  ])('is withdrawn by a later complete run when %s', async (_, content) => {
    put('a.ndjson', ['{"a":1}', '{"b":1}']);
    const restore = beforeFirst(
      'open',
      (path) => path.endsWith('a.ndjson'),
      () => {
        throw Object.assign(new Error('EIO: injected'), { code: 'EIO' });
      },
    );
    expect(await migrate()).toMatchObject({ code: 1, totals: { documents: 0, containersFailed: 1 } });
    restore();
    expect(await run('status')).toMatchObject({ code: 1, totals: { documents: 0, containersFailed: 1 } });
    put('a.ndjson', content);
    expect((await migrate()).code).toBe(0);
    expect(await run('status')).toMatchObject({ code: 0, totals: { containersFailed: 0, failed: 0 } });
  });

  it('has no failed lines left once it was shortened and a complete run has read it', async () => {
    put('a.ndjson', bags(30));
    const disk = fullDisk();
    await migrate('--concurrency', '1');
    disk.mend();
    put('a.ndjson', bags(10));
    expect((await migrate()).code).toBe(0);
    expect(await run('status')).toMatchObject({ code: 0, totals: { documents: 10, migrated: 10 } });
  });

  it('is counted apart from documents when a run is stopped before it', async () => {
    put('a.ndjson', bags(3));
    const { code, out } = await statebag(
      scratch.dir,
      ['migrate', 'a.ndjson', '--store', 'store', '--apply', '--journal', 'j', '--json'],
      { signals: ['SIGTERM'] },
    );
    expect([code, JSON.parse(out)]).toMatchObject([
      1,
      {
        totals: { documents: 0, notStarted: 0, containersNotStarted: 1 },
        documents: [{ id: join(scratch.dir, 'a.ndjson'), subject: 'container', outcome: 'not-started' }],
      },
    ]);
  });
});
