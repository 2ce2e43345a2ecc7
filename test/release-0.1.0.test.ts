import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createStateBagShim } from 'statebag-shim';
import type { ShimOptions, StateBagShim } from 'statebag-shim';
import { fsBlobStore } from 'statebag-shim/fs';
import { digests, statebag, useScratch } from './cli/terminal.js';
import { startDynamoDbServer } from './fakes/dynamodb-server.js';
import { fromWire } from './fakes/dynamodb-wire.js';
import { startS3Server } from './fakes/s3-server.js';
import type { S3Server } from './fakes/s3-server.js';
import { TableState } from './fakes/table-state.js';

const FIXTURE = fileURLToPath(new URL('fixtures/0.1.0', import.meta.url));
const BIN = fileURLToPath(new URL('../dist/cli/statebag.cjs', import.meta.url));
const REGION = 'eu-central-1';
const ORIGINALS = readSums();
const SEGMENTS = JSON.parse(readFileSync(join(FIXTURE, 'segments.json'), 'utf8')) as Readonly<
  Record<string, readonly string[]>
>;
const OWN_LAYOUT = {
  config: 'own/{ownerId}/{workflowId}/config/{sha256}.json',
  map: 'own/{ownerId}/{workflowId}/map/{sha256}.json',
  manifest: 'own/{ownerId}/{workflowId}/manifest/{sha256}.json',
};
/** How 0.1.0 was called beside the source, the store and the journal. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  lean: [],
  bridge: ['--to', 'bridge'],
  envelope: [
    ...['--manifest', 'envelope', '--config-key', OWN_LAYOUT.config],
    ...['--map-key', OWN_LAYOUT.map, '--manifest-key', OWN_LAYOUT.manifest],
  ],
};

const scratch = useScratch();
const servers: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

process.env.AWS_ACCESS_KEY_ID ??= 'test';
process.env.AWS_SECRET_ACCESS_KEY ??= 'test';

/** Digests of the documents before 0.1.0 touched them, by path. */
function readSums(): Readonly<Record<string, string>> {
  const lines = readFileSync(join(FIXTURE, 'SHA256SUMS'), 'utf8').trimEnd().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

function originals(folder: string): Readonly<Record<string, string>> {
  const own = Object.entries(ORIGINALS).filter(([path]) => path.startsWith(`${folder}/`));
  return Object.fromEntries(own.map(([path, digest]) => [path.slice(folder.length + 1), digest]));
}

/** Puts a folder of the fixture into the scratch folder, as 0.1.0 would have left it there. */
function place(name: string, addresses: Readonly<Record<string, string>> = {}): string {
  const folder = join(scratch.dir, name);
  cpSync(join(FIXTURE, name), folder, { recursive: true });
  for (const path of ['journal/journal.ndjson', 'plan.ndjson'].filter((file) => existsSync(join(folder, file)))) {
    const filled = Object.entries({ '@folder@': scratch.dir, ...addresses }).reduce(
      (text, [mark, value]) => text.replaceAll(mark, value),
      readFileSync(join(folder, path), 'utf8'),
    );
    writeFileSync(join(folder, path), filled);
  }
  return folder;
}

interface Report {
  readonly totals: Readonly<Record<string, number>>;
  readonly documents?: readonly { readonly id: string; readonly outcome: string; readonly code?: string }[];
  readonly isClosed?: boolean;
  readonly notStarted?: number | null;
  readonly runs?: unknown;
}

/** Runs a command with `--json`. */
async function json(folder: string, ...args: string[]): Promise<Report & { readonly code: number }> {
  const { code, out, err } = await statebag(folder, [...args, '--json']);
  if (out === '') throw new Error(err);
  return { code, ...(JSON.parse(out) as Report) };
}

const migrate = (folder: string, options: readonly string[] = []) =>
  json(folder, 'migrate', 'bags', '--store', 'store', '--journal', 'journal', '--apply', ...options);
const rollBack = (folder: string) => json(folder, 'rollback', '--journal', 'journal', '--apply');
const verify = (folder: string) => json(folder, 'verify', '--journal', 'journal');
const status = (folder: string) => json(folder, 'status', '--journal', 'journal');

/** Digests of the documents as they are. */
function present(folder: string): Readonly<Record<string, string>> {
  const found = digests(join(folder, 'bags'));
  return Object.fromEntries(Object.entries(found).map(([path, digest]) => [`bags/${path}`, digest]));
}

const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

describe('a journal of 0.1.0', () => {
  it.each([
    ['lean', { documents: 16, migrated: 15, unchanged: 1 }, { documents: 15, verified: 15, segments: 45 }],
    ['bridge', { documents: 3, migrated: 3 }, { documents: 3, verified: 3, segments: 9 }],
    ['envelope', { documents: 2, migrated: 2 }, { documents: 2, verified: 2, segments: 6 }],
  ])('of %s bags is closed, and every document and segment in it verifies', async (name, totals, verified) => {
    const folder = place(name);
    expect(await status(folder)).toMatchObject({ code: 0, isClosed: true, notStarted: 0, totals });
    expect(await json(folder, 'report', '--journal', 'journal')).toMatchObject({ code: 0, isClosed: true, totals });
    expect(await verify(folder)).toMatchObject({ code: 0, totals: { ...verified, failed: 0, moved: 0 } });
  });

  it.each(['lean', 'bridge', 'envelope'])('of %s bags gives every document back byte for byte', async (name) => {
    const folder = place(name);
    expect(present(folder)).not.toEqual(originals(name));
    expect((await rollBack(folder)).code).toBe(0);
    expect(present(folder)).toEqual(originals(name));
  });

  it('whose documents were rolled back says so, and they can be migrated again', async () => {
    const folder = place('rolled-back');
    expect(await status(folder)).toMatchObject({ code: 0, runs: 2, totals: { rolledBack: 1, unsettled: 0 } });
    expect(present(folder)).toEqual(originals('rolled-back'));
    expect(await migrate(folder)).toMatchObject({ code: 0, totals: { migrated: 1, blobsWritten: 0 } });
    expect((await rollBack(folder)).code).toBe(0);
    expect(present(folder)).toEqual(originals('rolled-back'));
  });

  it('is verified by the built command line', () => {
    const folder = place('lean');
    const { status: code, stdout } = spawnSync(process.execPath, [BIN, 'verify', '--journal', 'journal', '--json'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ totals: { documents: 15, verified: 15 } });
  });
});

describe('a second migration over bags of 0.1.0', () => {
  it('writes nothing when their programs are at content addresses', async () => {
    const folder = place('envelope');
    const before = { ...present(folder), ...digests(join(folder, 'store')) };
    const { code, totals } = await migrate(folder, OPTIONS.envelope);
    expect([code, totals]).toEqual([0, expect.objectContaining({ documents: 2, unchanged: 2, blobsWritten: 0 })]);
    expect({ ...present(folder), ...digests(join(folder, 'store')) }).toEqual(before);
  });

  // 0.1.0 left these manifests at a key that the next run of the workflow overwrites.
  it.each([
    ['lean', 1, ['empty-map.json']],
    ['bridge', 3, ['dict-map.json', 'payload-object.json', 'pre.json']],
  ])('of the %s form rewrites only those with a manifest at a mutable key', async (name, migrated, changed) => {
    const folder = place(name);
    const before = present(folder);
    const { code, totals } = await migrate(folder, OPTIONS[name]);
    expect([code, totals.migrated, totals.failed, totals.quarantined]).toEqual([0, migrated, 0, 0]);
    const after = present(folder);
    expect(Object.keys(after).filter((path) => after[path] !== before[path])).toEqual(
      changed.map((file) => `bags/${file}`),
    );
    expect(await verify(folder)).toMatchObject({ code: 0, totals: { failed: 0 } });
    expect((await migrate(folder, OPTIONS[name])).totals).toMatchObject({ migrated: 0, blobsWritten: 0 });
  });

  it.each([
    ['lean', 15],
    ['bridge', 3],
  ])('of the %s form is rolled back together with the first one', async (name, documents) => {
    const folder = place(name);
    await migrate(folder, OPTIONS[name]);
    expect(await rollBack(folder)).toMatchObject({ code: 0, totals: { documents, rolledBack: documents } });
    expect(present(folder)).toEqual(originals(name));
    expect(await rollBack(folder)).toMatchObject({ code: 0, totals: { documents: 0 } });
  });

  it('is rolled back after a rollback that restored the bytes between the two and was killed', async () => {
    const folder = place('lean');
    const between = readFileSync(join(folder, 'bags/empty-map.json'));
    await migrate(folder);
    writeFileSync(join(folder, 'bags/empty-map.json'), between);
    expect((await rollBack(folder)).code).toBe(0);
    expect(present(folder)).toEqual(originals('lean'));
  });
});

describe('a run of 0.1.0 that did not get to its end', () => {
  it('is continued after a kill, and rolled back to the original bytes', async () => {
    const folder = place('interrupted');
    expect(await status(folder)).toMatchObject({
      code: 1,
      isClosed: false,
      totals: { documents: 3, migrated: 1, unsettled: 2 },
    });
    expect(await migrate(folder)).toMatchObject({ code: 0, totals: { documents: 4, migrated: 3, unchanged: 1 } });
    expect(await status(folder)).toMatchObject({ code: 0, isClosed: true, totals: { migrated: 4, unsettled: 0 } });
    expect(await verify(folder)).toMatchObject({ code: 0, totals: { documents: 4, verified: 4 } });
    expect(await rollBack(folder)).toMatchObject({ code: 0, totals: { rolledBack: 4 } });
    expect(present(folder)).toEqual(originals('interrupted'));
  });

  it('is rolled back after a kill without being continued', async () => {
    const folder = place('interrupted');
    expect((await rollBack(folder)).code).toBe(0);
    expect(present(folder)).toEqual(originals('interrupted'));
  });

  it('counts as stopped early when it reached --limit, and is continued', async () => {
    const folder = place('limited');
    expect(await status(folder)).toMatchObject({ code: 1, isClosed: false, notStarted: null });
    expect(await migrate(folder)).toMatchObject({ code: 0, totals: { documents: 2, migrated: 1, unchanged: 1 } });
    expect(await status(folder)).toMatchObject({ code: 0, isClosed: true });
    expect((await rollBack(folder)).code).toBe(0);
    expect(present(folder)).toEqual(originals('limited'));
  });
});

describe('gc over bags and a journal of 0.1.0', () => {
  it.each(['lean', 'bridge', 'envelope'])('keeps every blob of the %s form, and deletes another one', async (name) => {
    const folder = place(name);
    const garbage = Buffer.from('{"nothing":"points here"}');
    const store = fsBlobStore({ root: join(folder, 'store'), bucket: 'local' });
    const layout =
      name === 'envelope' ? OWN_LAYOUT.config : 'workflow-configs/{ownerId}/{workflowId}/{sha256}/config.json';
    const key = layout.replace('{ownerId}', 'o').replace('{workflowId}', 'w').replace('{sha256}', sha256(garbage));
    await store.put({ key, bytes: garbage, sha256: sha256(garbage), addressed: true });
    const kept = digests(join(folder, 'store'));
    const old = new Date('2020-01-01T00:00:00Z');
    for (const path of Object.keys(kept)) utimesSync(join(folder, 'store', path), old, old);

    const keys = (OPTIONS[name] ?? []).slice(2);
    const args = ['bags', '--store', 'store', '--journal', 'journal', '--apply', ...(name === 'envelope' ? keys : [])];
    const { code, totals } = await json(folder, 'gc', '--no-journal', ...args);
    expect([code, totals]).toEqual([0, expect.objectContaining({ deleted: 1, failed: 0 })]);
    const expected = Object.fromEntries(Object.entries(kept).filter(([path]) => path !== `local/${key}`));
    expect(digests(join(folder, 'store'))).toEqual(expected);
    expect((await rollBack(folder)).code).toBe(0);
    expect(present(folder)).toEqual(originals(name));
  });
});

describe('the wrapped shim', () => {
  const documents = Object.keys(SEGMENTS).filter((path) => OPTIONS[path.split('/')[0]!] && !path.includes('python'));

  it('is tried with bags of every form and with each of their segments', () => {
    expect(documents).toHaveLength(16);
    expect(documents.map((path) => SEGMENTS[path]!.length)).toEqual(documents.map(() => 3));
  });

  /** Digests of the programs that a runner gets for a bag, one for each segment. */
  async function programs(path: string, bag: (text: string) => string = (text) => text): Promise<readonly string[]> {
    const [name = '', file = ''] = path.split('/bags/');
    const folder = place(name);
    const store = fsBlobStore({ root: join(folder, 'store'), bucket: 'local' });
    const layout = name === 'envelope' ? { layout: OWN_LAYOUT } : {};
    const shim = createStateBagShim({ store, mode: 'rewrite', ...layout });
    const runner = shim.wrap((event) => withoutMark(event.segment_config));
    const value: unknown = JSON.parse(bag(readFileSync(join(folder, 'bags', file), 'utf8')));
    const found: string[] = [];
    for (const index of SEGMENTS[path]!.keys()) {
      const event = { segment_index: index, state_data: value };
      found.push(sha256(JSON.stringify(await runner(event, { getRemainingTimeInMillis: () => 60_000 }))));
    }
    return found;
  }

  it.each(documents)('finds the program of each segment in %s', async (path) => {
    expect(await programs(path)).toEqual(SEGMENTS[path]);
  });

  it.each([
    ['a list', 'lean/bags/pre.json'],
    ['an envelope', 'envelope/bags/pre.json'],
  ])(
    'finds the program of each segment in a manifest that is %s when the bag has nothing else',
    async (_form, path) => {
      const onlyManifest = (text: string) =>
        text.replaceAll(/"(workflow_config|partition_map)_s3_path":"[^"]+"/g, '"$1_s3_path":null');
      const text = readFileSync(join(FIXTURE, path), 'utf8');
      expect(onlyManifest(text).match(/_s3_path":null/g)).toHaveLength(2);
      expect(await programs(path, onlyManifest)).toEqual(SEGMENTS[path]);
    },
  );
});

/** The mark of what the shim adds to an event is not part of the program. */
function withoutMark(program: object): object {
  return Object.fromEntries(Object.entries(program).filter(([name]) => name !== 'added_by_statebag_shim'));
}

describe('a plan of 0.1.0', () => {
  const args = ['migrate', 'bags', '--store', 'store', '--plan', 'plan.ndjson', '--journal', 'journal', '--apply'];

  /** The digest in the last line is about the bytes before it, which name the folder. */
  function sealAgain(folder: string): void {
    const path = join(folder, 'plan.ndjson');
    const text = readFileSync(path, 'utf8');
    const at = text.lastIndexOf('{"kind":"seal"');
    const seal = JSON.parse(text.slice(at)) as object;
    writeFileSync(path, `${text.slice(0, at)}${JSON.stringify({ ...seal, sha256: sha256(text.slice(0, at)) })}\n`);
  }

  function planned(folder: string): Readonly<Record<string, string>> {
    const lines = readFileSync(join(folder, 'plan.ndjson'), 'utf8').trimEnd().split('\n');
    const entries = lines.map((line) => JSON.parse(line) as { readonly doc?: string; readonly after?: string });
    return Object.fromEntries(
      entries.flatMap(({ doc, after }) => (doc && after ? [[doc.slice(folder.length + 1), after] as const] : [])),
    );
  }

  it('is applied to the digests that it names', async () => {
    const folder = place('plan');
    sealAgain(folder);
    const { code, totals } = await json(folder, ...args);
    expect([code, totals]).toEqual([1, expect.objectContaining({ documents: 3, migrated: 2, quarantined: 1 })]);
    expect(Object.keys(planned(folder))).toEqual(['bags/pre.json', 'bags/pointers.json']);
    expect(present(folder)).toMatchObject(planned(folder));
    expect((await rollBack(folder)).code).toBe(0);
    expect(present(folder)).toEqual(originals('plan'));
  });

  it('is refused when it was changed after it was sealed', async () => {
    const folder = place('plan');
    const { code, out, err } = await statebag(folder, args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('PLAN_BROKEN');
    expect(present(folder)).toEqual(originals('plan'));
  });
});

describe('rows that 0.1.0 migrated', () => {
  async function placeRows() {
    const table = new TableState('Tokens');
    for (const row of JSON.parse(readFileSync(join(FIXTURE, 'rows/rows.json'), 'utf8')) as unknown[])
      table.put(fromWire(row));
    const server = await startDynamoDbServer({ tables: [table] });
    servers.push(server);
    return { table, folder: place('rows', { '@dynamodb@': server.endpoint }), endpoint: server.endpoint };
  }

  const rowDigests = (table: TableState) =>
    Object.fromEntries(
      table.all().map((row) => [(row.conversation_id as { readonly S: string }).S, sha256(stable(row))]),
    );

  it('verify, and their members come back as they were', async () => {
    const { table, folder } = await placeRows();
    expect(rowDigests(table)).not.toEqual(originals('rows'));
    expect(await verify(folder)).toMatchObject({ code: 0, totals: { documents: 4, verified: 4 } });
    expect(await rollBack(folder)).toMatchObject({ code: 0, totals: { rolledBack: 4 } });
    expect(rowDigests(table)).toEqual(originals('rows'));
  });

  it('are known to the journal when they are migrated again, and come back from there', async () => {
    const { table, folder, endpoint } = await placeRows();
    const reach = ['--dynamodb-endpoint', endpoint, '--region', REGION];
    const args = ['migrate', 'dynamodb://Tokens', '--store', 'store', '--journal', 'journal', '--apply', ...reach];
    expect(await json(folder, ...args)).toMatchObject({ code: 0, totals: { documents: 4, failed: 0, quarantined: 0 } });
    expect(await verify(folder)).toMatchObject({ code: 0, totals: { verified: 4 } });
    expect(await rollBack(folder)).toMatchObject({ code: 0, totals: { rolledBack: 4 } });
    expect(rowDigests(table)).toEqual(originals('rows'));
  });
});

/** JSON with sorted members. */
function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${stable(member)}`).join(',')}}`;
}

/** An S3 server with the objects of a folder of the fixture. */
async function placeObjects(name: string, buckets: readonly string[]): Promise<S3Server> {
  const server = await startS3Server({ buckets });
  servers.push(server);
  const root = join(FIXTURE, name, 's3');
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const url = path.slice(root.length).split('/').map(encodeURIComponent).join('/');
    const headers = { 'content-type': 'application/json' };
    await fetch(server.endpoint + url, { method: 'PUT', body: readFileSync(path), headers });
  }
  return server;
}

/** Digests of the documents on S3 as they are. */
function pausedObjects({ state }: S3Server): Readonly<Record<string, string>> {
  return Object.fromEntries([...state.bucket('paused')].map(([key, { bytes }]) => [`s3/paused/${key}`, sha256(bytes)]));
}

describe('objects on S3 that a plain run of 0.1.0 migrated', () => {
  async function placeRun() {
    const server = await placeObjects('s3-run', ['paused', 'blobs']);
    const folder = place('s3-run', { '@s3@': server.endpoint });
    return { server, folder, reach: ['--endpoint', server.endpoint, '--region', REGION] };
  }

  it('are complete in the journal, verify, and come back byte for byte', async () => {
    const { server, folder } = await placeRun();
    expect(await status(folder)).toMatchObject({ code: 0, isClosed: true, notStarted: 0, totals: { migrated: 2 } });
    expect(await verify(folder)).toMatchObject({ code: 0, totals: { documents: 2, verified: 2, segments: 6 } });
    expect(pausedObjects(server)).not.toEqual(originals('s3-run'));
    expect(await rollBack(folder)).toMatchObject({ code: 0, totals: { rolledBack: 2, failed: 0 } });
    expect(pausedObjects(server)).toEqual(originals('s3-run'));
  });

  it('are not written again by a second run, and come back from its journal, too', async () => {
    const { server, folder, reach } = await placeRun();
    const before = pausedObjects(server);
    const line = ['migrate', 's3://paused/bags/', '--store', 's3://blobs/of/team', '--journal', 'journal', '--apply'];
    expect(await json(folder, ...line, ...reach)).toMatchObject({
      code: 0,
      totals: { documents: 2, unchanged: 2, blobsWritten: 0 },
    });
    expect(pausedObjects(server)).toEqual(before);
    expect(await rollBack(folder)).toMatchObject({ code: 0, totals: { rolledBack: 2 } });
    expect(pausedObjects(server)).toEqual(originals('s3-run'));
  });
});

describe('copies that 0.1.0 made with --out', () => {
  const copied = (folder: string) =>
    Object.fromEntries(
      Object.entries(digests(join(folder, 'copies'))).map(([path, digest]) => [`bags/${path}`, digest]),
    );

  it('verify, while the bags that they are copies of have their original bytes', async () => {
    const folder = place('copies');
    expect(present(folder)).toEqual(originals('copies'));
    expect(await status(folder)).toMatchObject({ code: 0, isClosed: true, totals: { documents: 2, migrated: 2 } });
    expect(await verify(folder)).toMatchObject({ code: 0, totals: { documents: 2, verified: 2, segments: 6 } });
    writeFileSync(join(folder, 'copies/pre.json'), '{"changed":true}');
    expect(await verify(folder)).toMatchObject({ code: 1, totals: { documents: 2, verified: 1, moved: 1 } });
  });

  it('get the original bytes by a rollback, and the bags stay as they are', async () => {
    const folder = place('copies');
    expect(Object.keys(copied(folder))).toEqual(Object.keys(originals('copies')));
    expect(copied(folder)).not.toEqual(originals('copies'));
    expect(await rollBack(folder)).toMatchObject({ code: 0, totals: { rolledBack: 2, failed: 0 } });
    expect(copied(folder)).toEqual(originals('copies'));
    expect(present(folder)).toEqual(originals('copies'));
  });
});

describe('compressed lines with bags of 0.1.0', () => {
  it('are read by validate, and name each document by its line', async () => {
    const folder = place('lean');
    writeFileSync(join(folder, 'lines.ndjson.gz'), gzipSync(readFileSync(join(folder, 'bags/lines.ndjson'))));
    const { code, out } = await statebag(folder, ['validate', 'lines.ndjson.gz', '--schema', 'state-bag.v2', '--json']);
    const { documents } = JSON.parse(out) as { readonly documents: readonly { id: string; valid: boolean }[] };
    expect([code, documents.map(({ id, valid }) => [id, valid])]).toEqual([
      1,
      [1, 2, 3, 5].map((at) => [`lines.ndjson.gz#L${at}`, at !== 2]),
    ]);
  });
});

interface AdapterFolder {
  readonly folder: string;
  readonly bag: Readonly<Record<string, unknown>>;
  readonly shim: StateBagShim;
}

/** A bag that the adapter of 0.1.0 left, and the adapter of today at its store. */
function placeAdapter(name: string, file: string, options: Partial<ShimOptions> = {}): AdapterFolder {
  const folder = place(name);
  const store = fsBlobStore({ root: join(folder, 'store'), bucket: 'local' });
  return {
    folder,
    bag: JSON.parse(readFileSync(join(folder, 'bags', file), 'utf8')) as AdapterFolder['bag'],
    shim: createStateBagShim({ store, mode: 'rewrite', ...options }),
  };
}

const CONTEXT = { getRemainingTimeInMillis: () => 60_000 };

describe('a bag whose members left it because 0.1.0 kept to a budget', () => {
  const BUDGET = { limitBytes: 3000, headroomBytes: 0 };
  type Event = Readonly<{ segment_config: object; state_data: Readonly<Record<string, unknown>> }>;

  it('gives the handler the members and the program of its segment', async () => {
    const { bag, shim } = placeAdapter('state-members', 'budget.json');
    expect(JSON.stringify(bag).match(/"__s3_pointer__":true/g)).toHaveLength(2);
    const given: Event[] = [];
    await shim.wrap((event) => {
      given.push(event as unknown as Event);
      return null;
    })(bag, CONTEXT);
    const [{ segment_config: program, state_data: state }] = given as [Event];
    const { report, rows } = state;
    expect({ report: sha256(JSON.stringify(report)), rows: sha256(JSON.stringify(rows)) }).toEqual(
      originals('state-members'),
    );
    expect(sha256(JSON.stringify(withoutMark(program)))).toBe(SEGMENTS['state-members/bags/budget.json']![1]);
  });

  it('goes back at the same pointers, and no blob is written', async () => {
    const { folder, bag, shim } = placeAdapter('state-members', 'budget.json', { budget: BUDGET });
    const before = digests(join(folder, 'store'));
    const answer = (await shim.wrap((event) => ({ state_data: event.state_data }))(bag, CONTEXT)) as Event;
    const pointers = ({ state_data: { report, rows } }: Event) =>
      [report, rows].map((pointer) => (pointer as { readonly key: string }).key);
    expect(pointers(answer)).toEqual(pointers(bag as unknown as Event));
    expect(pointers(answer)[0]).toMatch(/^state-members\/.*\/[0-9a-f]{64}\/report\.json$/);
    expect(digests(join(folder, 'store'))).toEqual(before);
  });

  it('keeps its members in the store when gc runs, and they go when no bag names them', async () => {
    const { folder } = placeAdapter('state-members', 'budget.json');
    const old = new Date('2020-01-01T00:00:00Z');
    const before = digests(join(folder, 'store'));
    for (const path of Object.keys(before)) utimesSync(join(folder, 'store', path), old, old);
    const gc = () => json(folder, 'gc', '--no-journal', 'bags', '--store', 'store', '--apply');
    expect(await gc()).toMatchObject({ code: 0, totals: { deleted: 0 } });
    expect(digests(join(folder, 'store'))).toEqual(before);
    writeFileSync(join(folder, 'bags/budget.json'), '{"no":"bag"}');
    expect(await gc()).toMatchObject({ code: 0, totals: { deleted: 5 } });
  });

  it('is unchanged by migrate', async () => {
    const { folder } = placeAdapter('state-members', 'budget.json');
    const before = present(folder);
    expect(await migrate(folder)).toMatchObject({ code: 0, totals: { unchanged: 1, blobsWritten: 0 } });
    expect(present(folder)).toEqual(before);
  });
});

describe('a bag in which the adapter of 0.1.0 left a program without a mark', () => {
  const runner = (shim: StateBagShim) => shim.wrap((event) => withoutMark(event.segment_config));

  it('is refused with SEGMENT_CONTRADICTORY when the execution has gone on', async () => {
    const { folder, bag, shim } = placeAdapter('left-over', 'next.json');
    expect([bag.segment_index, bag.segment_to_run]).toEqual([0, 1]);
    await expect(runner(shim)(bag, CONTEXT)).rejects.toMatchObject({
      code: 'SEGMENT_CONTRADICTORY',
      retryable: false,
    });
    const { code, out, err } = await statebag(folder, ['segment', 'bags/next.json', '--store', 'store']);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('SEGMENT_CONTRADICTORY');
  });

  it('runs the right segment when its segment_config and segment_index were removed, as the message advises', async () => {
    const { bag, shim } = placeAdapter('left-over', 'next.json');
    const mended = Object.fromEntries(
      Object.entries(bag).filter(([name]) => !/^segment_(config|index)$/.test(name)),
    ) as typeof bag;
    expect(sha256(JSON.stringify(await runner(shim)(mended, CONTEXT)))).toBe(SEGMENTS['left-over/bags/next.json']![1]);
  });

  it('runs its own segment when the execution has not gone on', async () => {
    const { bag, shim } = placeAdapter('left-over', 'repeated.json');
    expect([bag.segment_index, bag.segment_to_run]).toEqual([0, 0]);
    expect(sha256(JSON.stringify(await runner(shim)(bag, CONTEXT)))).toBe(SEGMENTS['left-over/bags/repeated.json']![0]);
  });
});

describe('a fleet of 0.1.0', () => {
  const REPORTS = ['s3://fleet/map/manifest.json', 's3://fleet/report/job-1/manifest.json'];

  async function placeFleet() {
    const server = await placeObjects('fleet', ['paused', 'blobs', 'fleet']);
    const folder = place('fleet', { '@s3@': server.endpoint });
    const reach = ['--endpoint', server.endpoint, '--region', REGION];
    const collect = (journal: string) =>
      json(
        folder,
        'fleet',
        'collect',
        ...REPORTS,
        '--records',
        's3://fleet/records',
        '--store',
        's3://blobs',
        '--journal',
        journal,
        ...reach,
      );
    return { folder, collect, documents: () => pausedObjects(server) };
  }

  it.each([
    ['a new journal', 'new'],
    ['the journal of 0.1.0', 'journal'],
  ])('is collected from its records and reports into %s, and rolled back from there', async (_what, journal) => {
    const { folder, collect, documents } = await placeFleet();
    const { code, totals } = await collect(journal);
    expect([code, totals]).toEqual([1, expect.objectContaining({ documents: 5, migrated: 2, quarantined: 2 })]);
    expect(await json(folder, 'status', '--journal', journal)).toMatchObject({ code: 1, totals: { unsettled: 1 } });
    expect(await json(folder, 'verify', '--journal', journal)).toMatchObject({
      code: 0,
      totals: { documents: 3, verified: 3, segments: 9 },
    });
    expect(documents()).not.toEqual(originals('fleet'));
    expect(await json(folder, 'rollback', '--journal', journal, '--apply')).toMatchObject({
      code: 0,
      totals: { rolledBack: 3, failed: 0 },
    });
    expect(documents()).toEqual(originals('fleet'));
  });
});
