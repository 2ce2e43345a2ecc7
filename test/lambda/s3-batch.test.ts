import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { S3BatchEvent, S3BatchResponse } from 'statebag-shim/lambda/s3-batch';
import { smallBag } from '../cli/fleet-dir.js';
import { AMPLE, sandbox, serveCensus } from './census.js';
import type { CensusServer, Sandbox } from './census.js';

const KEY = 'bags/a b+ä.json';
const ENCODED = 'bags/a+b%2B%C3%A4.json';

let served: CensusServer;
let fleet: Sandbox;

beforeEach(async () => {
  served = await serveCensus({
    census: new Map([
      [KEY, Buffer.from(smallBag())],
      ['bags/broken.json', Buffer.from('{')],
      ['bags/two.ndjson', Buffer.from(`${smallBag()}\n{"a":1}\n`)],
    ]),
    others: new Map(),
  });
  fleet = sandbox(served);
});

afterEach(() => served.stop());

const handler = (one = fleet) => one.s3Batch;

function event(s3Key: string, members: object = {}): S3BatchEvent {
  return {
    invocationSchemaVersion: '2.0',
    invocationId: 'i-1',
    job: { id: 'job-1' },
    tasks: [{ taskId: 't-1', s3Key, s3VersionId: null, s3Bucket: 'paused', ...members }],
  };
}

interface Told {
  readonly code: string;
  readonly said: {
    readonly result?: Record<string, unknown>;
    readonly counts?: Record<string, number>;
    readonly results?: string;
  };
}

function told({ results }: S3BatchResponse): Told {
  const [{ resultCode: code, resultString }] = results as [S3BatchResponse['results'][number]];
  expect(Buffer.byteLength(resultString)).toBeLessThanOrEqual(1024);
  return { code, said: JSON.parse(resultString) as Told['said'] };
}

/** What a function says of the only document of a task. */
function resultOf(answer: object | undefined): unknown {
  return answer && 'result' in answer ? answer.result : undefined;
}

const text = async (key: string) => Buffer.from((await served.objects.get({ bucket: 'paused', key })).bytes).toString();
const records = async () => {
  const keys: string[] = [];
  for await (const { key } of served.objects.list('fleet', 'records/')) keys.push(key);
  return keys;
};

describe('a task of S3 Batch Operations', () => {
  it.each([
    ['1.0', { s3BucketArn: 'arn:aws:s3:::paused', s3Bucket: undefined }],
    ['2.0', { s3Bucket: 'paused' }],
  ])('of schema %s with a URL-encoded key is migrated, and says so', async (version, members) => {
    const response = await handler()({ ...event(ENCODED, members), invocationSchemaVersion: version }, AMPLE);
    expect(response).toMatchObject({
      invocationSchemaVersion: version,
      invocationId: 'i-1',
      treatMissingKeysAs: 'TemporaryFailure',
      results: [{ taskId: 't-1', resultCode: 'Succeeded' }],
    });
    expect(told(response).said.result).toMatchObject({
      outcome: 'migrated',
      generation: 'fat',
      blobsWritten: 3,
      ownerId: 'owner-1',
    });
    expect(await text(KEY)).toContain('"state_bag_version":2');
  });

  it('delivered again says the same, writes nothing, and leaves one record', async () => {
    const first = await handler()(event(ENCODED), AMPLE);
    const writes = served.server.requests.length;
    const second = await handler()(event(ENCODED), AMPLE);
    expect(second).toEqual(first);
    expect(served.server.requests.slice(writes).filter(({ operation }) => operation === 'PutObject')).toEqual([]);
    expect(await records()).toHaveLength(1);
  });

  it('whose first delivery died behind the commit says what that one would have said', async () => {
    await handler()(event(ENCODED), AMPLE);
    const other = sandbox(served);
    const { code, said } = told(await handler(other)(event(ENCODED), AMPLE));
    expect([code, said.result?.outcome, said.result?.blobsWritten]).toEqual(['Succeeded', 'migrated', 3]);
  });

  it('delivered twice at once is migrated once', async () => {
    const other = sandbox(served);
    const both = await Promise.all([handler()(event(ENCODED), AMPLE), handler(other)(event(ENCODED), AMPLE)]);
    expect(both.map((response) => [told(response).code, told(response).said.result?.outcome])).toEqual([
      ['Succeeded', 'migrated'],
      ['Succeeded', 'migrated'],
    ]);
    expect(await records()).toHaveLength(1);
  });

  it('is counted in the metrics that alarms look at', async () => {
    const lines: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      lines.push(String(text));
      return true;
    });
    await handler()(event('bags/broken.json'), AMPLE);
    write.mockRestore();
    const [line] = lines.map(
      (text) =>
        JSON.parse(text) as {
          readonly _aws: { readonly CloudWatchMetrics: readonly { readonly Namespace: string }[] };
        },
    );
    expect(line).toMatchObject({ Engine: 's3-batch', run: 'job-1', Quarantined: 1, Migrated: 0 });
    expect(line?._aws.CloudWatchMetrics[0]?.Namespace).toBe('Statebag/Fleet');
  });

  it('that is wrong in itself fails for good', async () => {
    const { code, said } = told(await handler()(event('bags/broken.json'), AMPLE));
    expect([code, said.result?.outcome]).toEqual(['PermanentFailure', 'quarantined']);
  });

  it('that is not there fails for good', async () => {
    const { code, said } = told(await handler()(event('bags/none.json'), AMPLE));
    expect([code, said.result?.code]).toEqual(['PermanentFailure', 'OBJECT_NOT_FOUND']);
  });

  it('whose key is no URL encoding fails for good', async () => {
    expect(told(await handler()(event('bags/%E0.json'), AMPLE))).toMatchObject({
      code: 'PermanentFailure',
      said: { result: { code: 'EVENT_INVALID' } },
    });
  });

  it.each(['slow-down', 'internal-error'] as const)(
    'that meets a store answering %s is to be tried again, and goes well then',
    async (kind) => {
      const mend = served.server.inject({ operation: 'PutObject', kind, times: Infinity });
      const first = told(await handler()(event(ENCODED), AMPLE));
      expect([first.code, first.said.result?.code]).toEqual(['TemporaryFailure', 'STORE_UNAVAILABLE']);
      expect(await text(KEY)).toBe(smallBag());
      mend();
      expect(told(await handler()(event(ENCODED), AMPLE)).code).toBe('Succeeded');
      expect(await text(KEY)).toContain('"state_bag_version":2');
    },
  );

  it('that meets a store that denies fails for good', async () => {
    served.server.inject({ operation: 'PutObject', kind: 'denied', times: 20 });
    expect(told(await handler()(event(ENCODED), AMPLE))).toMatchObject({
      code: 'PermanentFailure',
      said: { result: { code: 'STORE_DENIED' } },
    });
  });

  it('for which there is no time is not begun', async () => {
    const { code, said } = told(await handler()(event(ENCODED), { getRemainingTimeInMillis: () => 5_000 }));
    await expect(records()).resolves.toEqual([]);
    expect([code, said.counts]).toEqual(['TemporaryFailure', { 'not-started': 1 }]);
  });

  it('whose store hangs is answered before the time is over', async () => {
    const hasty = sandbox(served, { STATEBAG_DEADLINE_MARGIN_MS: '500' });
    served.server.inject({ operation: 'GetObject', kind: 'hang', times: 1 });
    const { code } = told(await handler(hasty)(event(ENCODED), { getRemainingTimeInMillis: () => 900 }));
    expect(code).toBe('TemporaryFailure');
  });

  it('of many lines names the object that lists their results', async () => {
    const { code, said } = told(await handler()(event('bags/two.ndjson'), AMPLE));
    expect([code, said.counts]).toEqual(['Succeeded', { migrated: 1, unchanged: 1 }]);
    expect(said.results).toMatch(/^s3:\/\/fleet\/records\/results\/[0-9a-f]{64}\/[0-9a-f]{64}\.ndjson$/);
  });
});

describe('a version in a manifest', () => {
  beforeEach(() => {
    const objects = served.server.state.bucket('paused');
    const object = objects.get(KEY)!;
    objects.set(KEY, { ...object, headers: { ...object.headers, 'x-amz-version-id': 'v2' } });
  });

  it('that is the current one is rewritten', async () => {
    expect(told(await handler()(event(ENCODED, { s3VersionId: 'v2' }), AMPLE)).code).toBe('Succeeded');
  });

  it('that is an old one is left alone, and nothing is written in its place', async () => {
    const { code, said } = told(await handler()(event(ENCODED, { s3VersionId: 'v1' }), AMPLE));
    expect([code, said.result?.code]).toEqual(['PermanentFailure', 'VERSION_SUPERSEDED']);
    expect(await text(KEY)).toBe(smallBag());
    expect(await records()).toEqual([]);
  });
});

describe('an event that is none', () => {
  it.each([
    ['of another schema', { ...event(ENCODED), invocationSchemaVersion: '3.0' }],
    [
      'without tasks',
      { invocationSchemaVersion: '2.0', invocationId: 'i', job: { id: 'j' } } as unknown as S3BatchEvent,
    ],
  ])('%s is refused', async (_what, wrong) => {
    await expect(handler()(wrong, AMPLE)).rejects.toMatchObject({ code: 'EVENT_INVALID' });
  });
});

describe('an environment', () => {
  it.each([
    ['without a store', { STATEBAG_STORE: '' }, 'STORE_MISSING'],
    ['without records', { STATEBAG_RECORDS: '' }, 'RECORDS_MISSING'],
    ['with records that are not in S3', { STATEBAG_RECORDS: './here' }, 'VARIABLE_INVALID'],
    ['with a variable that there is not', { STATEBAG_STROE: 's3://blobs' }, 'VARIABLE_UNKNOWN'],
    ['with a target that there is not', { STATEBAG_TO: 'thin' }, 'VARIABLE_INVALID'],
    ['with a margin that is no number', { STATEBAG_DEADLINE_MARGIN_MS: '10s' }, 'VARIABLE_INVALID'],
  ])('%s is refused', async (_what, env, code) => {
    await expect(sandbox(served, env).s3Batch(event(ENCODED), AMPLE)).rejects.toMatchObject({ code });
  });
});

describe('a pointer to a folder that is in no known layout', () => {
  it('is followed by both functions when STATEBAG_ALLOW_PREFIXES names the folder', async () => {
    const bag = { ...(JSON.parse(smallBag()) as object), workflow_config: undefined, partition_map: undefined };
    const path = 's3://blobs/archive/doc.json';
    const config = { nodes: [{ id: 'a', type: 'operator' }], edges: [] };
    const put = (bucket: string, key: string, value: unknown) =>
      served.objects.put({ bucket, key }, Buffer.from(JSON.stringify(value)));
    await put('blobs', 'archive/doc.json', config);
    for (const key of ['one.json', 'two.json'])
      await put('paused', `allowed/${key}`, { ...bag, workflow_config_s3_path: path });
    const [refusing, allowing] = [{}, { STATEBAG_ALLOW_PREFIXES: 'other/,archive/' }].map((env) =>
      sandbox(served, env),
    );
    const migrated = async ({ s3Batch, mapItem }: Sandbox) => [
      resultOf(told(await s3Batch(event('allowed/one.json'), AMPLE)).said),
      resultOf((await mapItem({ id: 's3://paused/allowed/two.json' }, AMPLE)).answers[0]),
    ];
    for (const result of await migrated(refusing!))
      expect(result).toMatchObject({ outcome: 'quarantined', code: 'POINTER_NOT_ALLOWED' });
    for (const result of await migrated(allowing!)) expect(result).toMatchObject({ outcome: 'migrated' });
    const broken = sandbox(served, { STATEBAG_ALLOW_PREFIXES: 'archive' });
    await expect(broken.mapItem({ id: 's3://paused/allowed/two.json' }, AMPLE)).rejects.toMatchObject({
      code: 'PREFIX_INVALID',
    });
  });
});
