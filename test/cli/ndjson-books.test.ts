import fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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
    const seen = await statebag(scratch.dir, ['inspect', 'a.ndjson', '--json']);
    expect([seen.code, JSON.parse(seen.out)]).toMatchObject([
      1,
      { totals: { containersFailed: 1, generations: { unknown: 0 } }, inventory: { read: 0, unreadable: 1 } },
    ]);
    restoreReading();
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
    expect((await migrate('--allow-empty')).code).toBe(0);
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

const copy = (...more: string[]) => migrate('--out', 'out.ndjson', ...more);

describe('the copy of an NDJSON file', () => {
  it.each([
    ['--limit', ['--limit', '2']],
    ['--max-failures', ['--max-failures', '0', '--concurrency', '1']],
  ])('is not published when %s leaves lines, and the next run makes it', async (_, options) => {
    put('a.ndjson', ['{', ...bags(40)]);
    const first = await copy(...options);
    expect([first.code, first.totals]).toMatchObject([1, { migrated: 0 }]);
    expect(existsSync(join(scratch.dir, 'out.ndjson'))).toBe(false);
    expect((await run('status')).totals).toMatchObject({ migrated: 0, unsettled: 0 });
    put('a.ndjson', bags(41));
    expect(await copy()).toMatchObject({ code: 0, totals: { documents: 41, migrated: 41 } });
    expect([lines('out.ndjson').length, fatLines('out.ndjson')]).toEqual([41, 0]);
    expect(await run('status')).toMatchObject({ code: 0, totals: { documents: 41, migrated: 41 } });
    expect((await run('verify')).totals).toMatchObject({ verified: 41, failed: 0 });
  });

  it.each([[[]], [['--only-failed']]])(
    'is replaced when a line that was quarantined is mended and the options are %j',
    async (options) => {
      const [one, two, three] = bags(3) as [string, string, string];
      put('a.ndjson', [one, '{"a":1', three]);
      expect((await copy()).totals).toMatchObject({ migrated: 2, quarantined: 1 });
      expect(lines('out.ndjson')[1]).toBe('{"a":1');
      put('a.ndjson', [one, two, three]);
      expect((await copy(...options)).code).toBe(0);
      expect([lines('out.ndjson').length, fatLines('out.ndjson')]).toEqual([3, 0]);
      expect((await run('verify')).totals).toMatchObject({ verified: 3, failed: 0 });
    },
  );

  it('stays when its lines are not those that the journal knows', async () => {
    put('a.ndjson', ['{"a":1', ...bags(2)]);
    await copy();
    put('out.ndjson', ['{"mine":1}']);
    put('a.ndjson', bags(3));
    const { code, documents } = await copy();
    expect([code, new Set(documents.map((document) => document.code))]).toEqual([1, new Set(['OUT_EXISTS'])]);
    expect(lines('out.ndjson')).toEqual(['{"mine":1}']);
  });

  it('stays when a run takes only some of its lines', async () => {
    put('a.ndjson', [smallBag({ loop_counter: 1 }), smallBag()]);
    await copy();
    const before = lines('out.ndjson');
    expect((await copy('--where', 'loop_counter=1')).code).toBe(1);
    expect(lines('out.ndjson')).toEqual(before);
  });

  it.each([
    ['is empty', ''],
    ['has only blank lines', '\n\n'],
  ])('is made when the file %s', async (_, content) => {
    writeFileSync(join(scratch.dir, 'a.ndjson'), content);
    expect((await copy('--allow-empty')).code).toBe(0);
    expect(readFileSync(join(scratch.dir, 'out.ndjson'), 'utf8')).toBe(content);
  });

  it('leaves each document with one outcome when another file is in its place', async () => {
    mkdirSync(join(scratch.dir, 'out'));
    writeFileSync(join(scratch.dir, 'a.json'), '{"a":1}');
    writeFileSync(join(scratch.dir, 'out', 'a.json'), '{"b":1}');
    const { totals, documents } = await run('migrate', 'a.json', '--store', 'store', '--apply', '--out', 'out');
    expect(totals).toMatchObject({ documents: 1, unchanged: 0, failed: 1 });
    expect(documents).toMatchObject([{ outcome: 'failed', code: 'OUT_EXISTS' }]);
  });
});

describe('a journal', () => {
  it.each([
    ['another --out', ['--out', 'b'], ['--out', 'c']],
    ['--out', [], ['--out', 'c']],
    ['no --out', ['--out', 'b'], []],
  ])('refuses a run with %s, which would take its documents out of the books', async (_, first, second) => {
    put('a.ndjson', bags(2));
    expect((await migrate(...first)).code).toBe(0);
    const { code, err } = await migrate(...second);
    expect([code, err]).toEqual([2, expect.stringMatching(/JOURNAL_MISMATCH.*--out/)]);
    expect(existsSync(join(scratch.dir, 'c'))).toBe(false);
    expect((await migrate(...first)).code).toBe(0);
  });
});
