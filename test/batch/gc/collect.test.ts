import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
// Before the code under test, whose disk it replaces.
import { beforeFirst } from '../../fakes/faulty-disk.js';
import type { BlobStore } from 'statebag-shim';
import { fsBlobStore, fsObjectStore } from 'statebag-shim/fs';
import { s3BlobStore, s3ObjectStore } from 'statebag-shim/s3';
import type { ObjectStore } from '../../../src/store/object-store.js';
import { statebag } from '../../cli/terminal.js';
import { startS3Server } from '../../fakes/s3-server.js';
import type { S3Server } from '../../fakes/s3-server.js';
import { SOAK, temporaryDirectory } from '../scratch.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse('2026-01-01T00:00:00Z');
const BUCKET = 'bucket';

let dir: string;
let time: number;
beforeEach(() => {
  dir = temporaryDirectory();
  mkdirSync(join(dir, 'bags'));
  document('nothing', '{}');
  time = START;
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const keyOf = (text: string, kind: 'config' | 'member' = 'config') =>
  kind === 'config' ? `workflow-configs/o/w/${sha256(text)}/config.json` : `state-members/o/w/${sha256(text)}/m.json`;
const uriOf = (text: string) => `s3://${BUCKET}/${keyOf(text)}`;

function document(name: string, text: string): void {
  writeFileSync(join(dir, 'bags', `${name}.json`), text);
}

/** A store on which blobs get old by the clock of the test. */
interface Ground {
  readonly objects: ObjectStore;
  /** Options that lead to the store. */
  readonly options: readonly string[];
  readonly put: (text: string, kind?: 'config' | 'member') => Promise<'written' | 'reused'>;
}

function putOn(blobs: () => BlobStore): Ground['put'] {
  return (text, kind) =>
    blobs().put({ key: keyOf(text, kind), bytes: Buffer.from(text), sha256: sha256(text), addressed: true });
}

/** A directory. Files that were just written get the time of the test. */
function onDisk(): Ground {
  const root = join(dir, 'store');
  const put = putOn(() => fsBlobStore({ root, bucket: BUCKET, now: () => time }));
  return {
    objects: fsObjectStore({ root }),
    options: ['--store', 'store', '--bucket', BUCKET],
    put: async (text, kind) => {
      const began = Date.now() - 1_000;
      const outcome = await put(text, kind);
      const path = join(root, BUCKET, keyOf(text, kind));
      if (statSync(path).mtimeMs >= began) utimesSync(path, time / 1000, time / 1000);
      return outcome;
    },
  };
}

async function onS3(): Promise<Ground & { readonly server: S3Server }> {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  const server = await startS3Server({ buckets: [BUCKET], now: () => new Date(time) });
  onTestFinished(() => server.stop());
  const client = { endpoint: server.endpoint, region: 'eu-central-1' };
  return {
    server,
    objects: s3ObjectStore(client),
    options: ['--store', `s3://${BUCKET}`, '--endpoint', server.endpoint, '--region', 'eu-central-1'],
    put: putOn(() => s3BlobStore({ ...client, bucket: BUCKET, now: () => time })),
  };
}

interface Report {
  readonly code: number;
  readonly totals: Readonly<Record<string, number>>;
  readonly ttlDays: number;
  readonly blobs: readonly { readonly outcome: string }[];
  readonly unreadable: readonly { readonly code: string }[];
  readonly undecidable: readonly { readonly code: string }[];
}

const TEN_DAYS = ['--execution', '10d', '--redrive', '0s', '--audit', '0s'];

/** `statebag gc`. Blobs are kept for ten days. */
async function gc({ options }: Ground, more: readonly string[] = ['--apply'], retention = TEN_DAYS): Promise<Report> {
  const line = ['gc', '--no-journal', 'bags', ...options, ...retention, '--concurrency', '4', '--json', ...more];
  const { code, out, err } = await statebag(dir, line, { now: new Date(time) });
  if (out === '') throw new Error(err);
  return { code, ...(JSON.parse(out) as Omit<Report, 'code'>) };
}

async function keysIn({ objects }: Ground): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of objects.list(BUCKET, '')) keys.push(key);
  return keys;
}

describe('statebag gc', () => {
  it('deletes a blob that nothing names and that was not written for the time given, and no other', async () => {
    const ground = onDisk();
    for (const text of ['dead', 'alive']) await ground.put(text);
    document('bag', `{"workflow_config_s3_path":"${uriOf('alive')}"}`);
    time += 11 * DAY;
    await ground.put('young');
    time += 9 * DAY;
    const { code, totals } = await gc(ground);
    expect([code, totals]).toEqual([
      0,
      expect.objectContaining({ blobs: 3, live: 1, young: 1, deleted: 1, bytesFreed: 4, failed: 0 }),
    ]);
    expect([...(await keysIn(ground))].sort()).toEqual([keyOf('alive'), keyOf('young')].sort());
  });

  it('deletes nothing without --apply, and says what would be deleted', async () => {
    const ground = onDisk();
    await ground.put('dead');
    time += 11 * DAY;
    const { totals, blobs } = await gc(ground, []);
    expect([totals.garbage, totals.deleted, blobs[0]?.outcome]).toEqual([1, 0, 'garbage']);
    expect(await keysIn(ground)).toHaveLength(1);
  });

  it.each([
    [
      'in a string of JSON',
      (uri: string) => JSON.stringify({ Payload: JSON.stringify({ a: JSON.stringify({ p: uri }) }) }),
    ],
    ['with escaped slashes', (uri: string) => `{"p":"${uri.replaceAll('/', '\\/')}"}`],
    ['percent-encoded', (uri: string) => JSON.stringify({ p: encodeURIComponent(uri).replaceAll('%2F', '%2f') })],
    [
      'as bucket and key of a pointer',
      () => JSON.stringify({ workflow_config: { __s3_pointer__: true, bucket: BUCKET, key: keyOf('alive') } }),
    ],
    ['by its digest alone', () => JSON.stringify({ note: sha256('alive') })],
    ['in user data', (uri: string) => JSON.stringify({ current_state: { deep: [[{ uri }]] } })],
  ])('keeps a blob that a document names %s', async (_, textOf) => {
    const ground = onDisk();
    await ground.put('alive');
    document('bag', textOf(uriOf('alive')));
    time += 11 * DAY;
    expect((await gc(ground)).totals).toMatchObject({ live: 1, garbage: 0 });
  });

  it('keeps what live blobs name, and what those name', async () => {
    const ground = onDisk();
    await ground.put('leaf');
    const middle = JSON.stringify({ workflow_config_s3_path: uriOf('leaf') });
    await ground.put(middle, 'member');
    const outer = JSON.stringify({ p: sha256(middle) });
    await ground.put(outer, 'member');
    document('bag', JSON.stringify({ current_state: sha256(outer) }));
    time += 11 * DAY;
    expect((await gc(ground)).totals).toMatchObject({ blobs: 3, live: 3, garbage: 0 });
  });

  it('deletes nothing when a document cannot be read', async () => {
    const ground = onDisk();
    await ground.put('dead');
    document('broken', '\u001f\u008bcompressed');
    time += 11 * DAY;
    const { code, undecidable, totals } = await gc(ground);
    expect([code, undecidable.map((one) => one.code), totals.garbage]).toEqual([1, ['JSON_SYNTAX'], 0]);
    expect(await keysIn(ground)).toHaveLength(1);
  });

  it('deletes nothing when a live blob cannot be read', async () => {
    const ground = await onS3();
    for (const text of ['dead', 'alive']) await ground.put(text);
    document('bag', `{"p":"${sha256('alive')}"}`);
    time += 11 * DAY;
    ground.server.inject({ operation: 'GetObject', kind: 'denied', times: Infinity });
    const { unreadable, totals } = await gc(ground);
    expect([unreadable[0]?.code, totals.deleted]).toEqual(['STORE_DENIED', 0]);
  });

  it('leaves objects that are not content-addressed blobs of the layout', async () => {
    const ground = onDisk();
    const others = [
      'workflow-configs/o/w/config.json',
      `workflow-configs/o/w/x/${sha256('a')}/config.json`,
      `other/${sha256('a')}/config.json`,
      'paused/bag.json',
    ];
    for (const key of others) await ground.objects.put({ bucket: BUCKET, key }, Buffer.from('a'));
    for (const key of others) utimesSync(join(dir, 'store', BUCKET, key), START / 1000, START / 1000);
    time += 400 * DAY;
    expect((await gc(ground)).totals).toMatchObject({ blobs: 0, garbage: 0 });
    expect(await keysIn(ground)).toHaveLength(4);
  });

  it('keeps the blob of a bag that moves to a place that was read already', async () => {
    const ground = onDisk();
    await ground.put('alive');
    time += 11 * DAY;
    document('a', '{}');
    document('z', `{"p":"${uriOf('alive')}"}`);
    beforeFirst(
      'open',
      (path) => path.endsWith('/z.json'),
      () => {
        renameSync(join(dir, 'bags', 'z.json'), join(dir, 'bags', 'a.json'));
        document('z', '{}');
      },
    );
    expect((await gc(ground, ['--apply', '--concurrency', '1'])).totals).toMatchObject({ live: 1, deleted: 0 });
  });

  it('goes on after a blob that could not be deleted', async () => {
    const ground = await onS3();
    for (const text of ['one', 'two', 'three']) await ground.put(text);
    time += 11 * DAY;
    ground.server.inject({ operation: 'DeleteObject', kind: 'denied' });
    const { code, totals } = await gc(ground);
    expect([code, totals]).toEqual([1, expect.objectContaining({ deleted: 2, failed: 1 })]);
  });

  it('deletes nothing when it is stopped before it has read everything', async () => {
    const ground = onDisk();
    await ground.put('dead');
    time += 11 * DAY;
    const line = ['gc', '--no-journal', 'bags', ...ground.options, ...TEN_DAYS, '--apply', '--json'];
    const { code } = await statebag(dir, line, { now: new Date(time), signals: ['SIGINT'] });
    expect(code).not.toBe(0);
    expect(await keysIn(ground)).toHaveLength(1);
  });
});

type Moment = 'list' | 'get' | 'delete';

/** Carries out `work` before the first call of a kind on the blobs of a directory. Returns what ends this. */
function meanwhileOnDisk(moment: 'list' | 'get', work: () => Promise<unknown>): () => void {
  const isBlob = (path: string) => path.startsWith(join(dir, 'store'));
  return beforeFirst(moment === 'list' ? 'readdir' : 'readFile', isBlob, work);
}

const OPERATIONS = { list: 'ListObjectsV2', get: 'GetObject', delete: 'DeleteObject' } as const;

const PLACES: readonly {
  readonly name: string;
  readonly open: () => Promise<{
    readonly ground: Ground;
    readonly meanwhile: (moment: Moment, work: () => Promise<unknown>) => () => void;
  }>;
  readonly moments: readonly Moment[];
}[] = [
  {
    name: 'a directory',
    open: () =>
      Promise.resolve({
        ground: onDisk(),
        meanwhile: (_: Moment, work: () => Promise<unknown>) => meanwhileOnDisk('list', work),
      }),
    // In one process the calls on a file take turns, so that nothing happens within a delete.
    moments: ['list'],
  },
  {
    name: 'an S3 server',
    open: async () => {
      const ground = await onS3();
      const meanwhile = (moment: Moment, work: () => Promise<unknown>) => {
        let isDone = false;
        ground.server.before(async ({ operation }) => {
          if (isDone || operation !== OPERATIONS[moment]) return;
          isDone = true;
          await work();
        });
        return () => (isDone = true);
      };
      return { ground, meanwhile };
    },
    moments: ['list', 'delete'],
  },
];

describe.each(PLACES)('statebag gc while others write to $name', ({ open, moments }) => {
  it('never deletes a blob that was reused since gc began, at whatever moment', async () => {
    const { ground, meanwhile } = await open();
    for (const moment of moments) {
      for (const text of ['dead', 'reused']) await ground.put(text);
      time += 11 * DAY;
      const end = meanwhile(moment, async () => {
        expect(await ground.put('reused')).toBe('reused');
      });
      const { totals } = await gc(ground);
      end();
      expect(totals.deleted! + totals.kept!).toBeGreaterThan(0);
      expect(await keysIn(ground)).toEqual([keyOf('reused')]);
    }
  });

  it('lets a writer that comes after the delete write the blob again', async () => {
    const { ground } = await open();
    await ground.put('dead');
    time += 11 * DAY;
    expect((await gc(ground)).totals).toMatchObject({ deleted: 1 });
    expect(await ground.put('dead')).toBe('written');
    expect((await gc(ground)).totals).toMatchObject({ young: 1, deleted: 0 });
  });
});

it('statebag gc never deletes a named blob, in whatever order blobs are written, reused and named', async () => {
  const blob = fc.integer({ min: 0, max: 3 });
  const slot = fc.integer({ min: 0, max: 2 });
  const step = fc.oneof(
    fc.record({ do: fc.constant('bag' as const), blob, slot }),
    fc.record({ do: fc.constant('drop' as const), slot }),
    fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 400 }) }),
    fc.record({
      do: fc.constant('gc' as const),
      during: fc.option(fc.record({ blob, slot, moment: fc.constantFrom('list' as const, 'get' as const) })),
    }),
  );
  const threeDays = ['--execution', '3d', '--redrive', '0s', '--audit', '0s'];
  const root = dir;
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      dir = join(root, String(++runs));
      mkdirSync(join(dir, 'bags'), { recursive: true });
      time = START;
      for (const each of [0, 1, 2]) document(`slot${each}`, '{}');
      const ground = onDisk();
      const named = new Map<number, string>();
      const bag = async (text: string, at: number): Promise<void> => {
        await ground.put(text);
        document(`slot${at}`, JSON.stringify({ p: uriOf(text) }));
        named.set(at, keyOf(text));
      };
      for (const each of steps) {
        if (each.do === 'bag') await bag(`blob ${each.blob}`, each.slot);
        else if (each.do === 'wait') time += each.hours * HOUR;
        else if (each.do === 'drop') {
          document(`slot${each.slot}`, '{}');
          named.delete(each.slot);
        } else {
          const { during } = each;
          let writing: Promise<void> | undefined;
          const end =
            during &&
            meanwhileOnDisk(during.moment, () => {
              writing = bag(`blob ${during.blob}`, during.slot);
              // Calls on one file take turns: a write of the blob that is being deleted ends after the delete.
              return Promise.race([writing, sleep(20)]);
            });
          await gc(ground, ['--apply'], threeDays);
          end?.();
          await writing;
        }
        const keys = await keysIn(ground);
        for (const key of named.values()) expect(keys).toContain(key);
      }
    }),
    { numRuns: 40 * SOAK, endOnFailure: true },
  );
});

describe('keys of a layout', () => {
  const DIGEST = sha256('x');

  it.each([
    [`a.b/o/w/${DIGEST}/${DIGEST}.json`, 1],
    [`a.b/o/w/${DIGEST}/${sha256('y')}.json`, 0],
    [`aXb/o/w/${DIGEST}/${DIGEST}.json`, 0],
    ['workflow-partitions/o/w/map.json', 0],
    [`workflow-partitions/o/w/${DIGEST}/partition_map.json`, 1],
    [`state-members/o/w/${DIGEST}/m.json`, 1],
  ])('statebag gc knows by the templates whether %s is a blob', async (key, blobs) => {
    const ground = onDisk();
    await ground.objects.put({ bucket: BUCKET, key }, Buffer.from('x'));
    const { totals } = await gc(ground, ['--config-key', 'a.b/{ownerId}/{workflowId}/{sha256}/{sha256}.json']);
    expect(totals.blobs).toBe(blobs);
  });

  it('statebag gc looks in the whole store when a template has no folder of its own', async () => {
    const ground = onDisk();
    await ground.objects.put({ bucket: BUCKET, key: `o/w/${DIGEST}/c.json` }, Buffer.from('x'));
    const { totals } = await gc(ground, ['--config-key', '{ownerId}/{workflowId}/{sha256}/c.json']);
    expect(totals.blobs).toBe(1);
  });
});

describe('the time a blob is kept', () => {
  it.each([
    ['90d', 92],
    ['36h', 3.5],
    ['90m', 2.0625],
    ['0s', 2],
  ])('--audit %s adds to --execution 2d: %d days', async (audit, days) => {
    const { ttlDays } = await gc(onDisk(), [], ['--execution', '2d', '--redrive', '0s', '--audit', audit]);
    expect(ttlDays).toBe(days);
  });

  it.each(['', '90', '-1d', '1.5d', '1w', 'd'])('--audit=%j is refused', async (audit) => {
    const { code, err } = await statebag(dir, ['gc', '--no-journal', 'bags', ...onDisk().options, `--audit=${audit}`]);
    expect([code, err]).toEqual([2, expect.stringContaining('USAGE') as string]);
  });

  it('a time that does not cover blobs in use at this moment is refused', async () => {
    const retention = (execution: string) => ['--execution', execution, '--redrive', '0s', '--audit', '0s'];
    const { code, err } = await statebag(dir, ['gc', '--no-journal', 'bags', ...onDisk().options, ...retention('47h')]);
    expect([code, err]).toEqual([2, expect.stringContaining('TTL_TOO_SHORT') as string]);
    expect((await gc(onDisk(), [], retention('48h'))).ttlDays).toBe(2);
  });
});
