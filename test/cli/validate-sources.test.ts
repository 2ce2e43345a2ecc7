import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { startS3Server } from '../fakes/s3-server.js';
import { leanBag } from '../validate/lean-bag.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const put = (name: string, data: string | Uint8Array) => {
  mkdirSync(join(scratch.dir, name, '..'), { recursive: true });
  writeFileSync(join(scratch.dir, name), data);
};
const lean = JSON.stringify(leanBag);
const fat = JSON.stringify({ ...leanBag, workflow_config: {} });
const validate = (...args: string[]) => statebag(scratch.dir, ['validate', ...args]);

describe('sources of validate', () => {
  it('are files, directories, globs and compressed lines, whose lines are those of the text inside', async () => {
    put('bags/a.json', lean);
    put('bags/deep/b.ndjson.gz', gzipSync(`${lean}\n\n${fat}\n`));
    put('bags/c.json.gz', gzipSync(lean));
    for (const sources of [
      ['bags'],
      ['bags/*.json', 'bags/**/*.gz'],
      ['bags/a.json', 'bags/deep/b.ndjson.gz', 'bags/c.json.gz'],
    ]) {
      const { code, out } = await validate(...sources);
      expect([code, out]).toEqual([
        1,
        expect.stringMatching(
          /^bags\/deep\/b\.ndjson\.gz:3:\d+ {2}\/workflow_config [\s\S]*^4 documents, 3 valid, 1 invalid$/m,
        ),
      ]);
    }
  });

  it('are objects below a prefix, and pointers in them are followed', async () => {
    const server = await startS3Server({ buckets: ['paused'] });
    try {
      const { s3ObjectStore } = await import('statebag-shim/s3');
      process.env.AWS_ACCESS_KEY_ID ??= 'test';
      process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
      await s3ObjectStore({ endpoint: server.endpoint, region: 'eu-central-1' }).put(
        { bucket: 'paused', key: 'bags/a.json' },
        Buffer.from(smallBag()),
        {},
      );
      const s3 = ['--endpoint', server.endpoint, '--region', 'eu-central-1'];
      await statebag(scratch.dir, ['migrate', 's3://paused/bags/', '--store', 's3://paused', '--apply', ...s3]);
      expect(
        await validate('s3://paused/bags/', '--schema', 'state-bag.v2', '--store', 's3://paused', ...s3),
      ).toMatchObject({ code: 0, out: '1 documents, 1 valid, 0 invalid\n' });
      const { code, out } = await validate(
        's3://paused/bags/',
        '--store',
        's3://paused/elsewhere',
        '--format',
        'github',
        ...s3,
      );
      // The blobs are outside of the prefix of that store.
      expect([code, out.includes('POINTER_NOT_ALLOWED')]).toEqual([1, true]);
    } finally {
      await server.stop();
    }
  });

  it.each([
    [['nothing/**/*.json'], 'SOURCE_EMPTY'],
    [['empty'], 'SOURCE_EMPTY'],
    [['absent.json'], 'SOURCE_NOT_FOUND'],
    [['a.json', '-'], 'can only be the one source'],
  ])('that are empty or wrong are an error, never a silent pass: %j', async (sources, message) => {
    mkdirSync(join(scratch.dir, 'empty'));
    put('a.json', lean);
    const { code, err } = await validate(...sources);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it('that are cut off or no gzip are invalid, and say so', async () => {
    put('a.ndjson.gz', gzipSync(`${lean}\n${lean}\n`).subarray(0, 60));
    put('b.json.gz', lean);
    const { code, out } = await validate('a.ndjson.gz', 'b.json.gz');
    expect(code).toBe(1);
    expect(out.match(/\(GZIP_INVALID\)/g)).toHaveLength(2);
  });
});

describe('documents that are none', () => {
  it.each<[string, Uint8Array, string]>([
    ['binary', Buffer.from(Array.from({ length: 500 }, (_, at) => (at * 7) % 256)), 'INVALID_UTF8'],
    ['a PNG', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'INVALID_UTF8'],
    ['zeros', Buffer.alloc(4096), 'JSON_SYNTAX'],
    ['a byte order mark', Buffer.from(`\ufeff${lean}`), 'JSON_BOM'],
    ['empty', Buffer.alloc(0), 'JSON_EMPTY'],
    ['a nest without end', Buffer.from('['.repeat(60_000)), 'JSON_TOO_DEEP'],
    [
      'a nest of 5,000 that closes',
      Buffer.from(`{"state_bag_version":2,"x":${'['.repeat(5000)}${']'.repeat(5000)}}`),
      'JSON_TOO_DEEP',
    ],
  ])('%s', async (_, bytes, rule) => {
    put('a.json', bytes);
    const { code, out } = await validate('a.json', '--json');
    expect([
      code,
      (JSON.parse(out) as { documents: [{ issues: [{ rule: string }] }] }).documents[0].issues[0].rule,
    ]).toEqual([1, rule]);
  });

  it('a document of 100 MB is judged within seconds', async () => {
    const entries = `{"id":"${'x'.repeat(1000)}"},`.repeat(100_000);
    put('a.json', `{"state_bag_version":2,"workflow_config":[${entries}{}],"ownerId":""}`);
    const start = performance.now();
    const { code, out } = await validate('a.json');
    expect([code, out]).toEqual([1, expect.stringMatching(/^a\.json:1:24 {2}\/workflow_config .*is inline/m)]);
    expect(out).toMatch(/^a\.json:1:10\d{7} {2}\/ownerId /m);
    expect(out).toMatch(/\(maxBytes\)/);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});

describe('schemas of the user', () => {
  const against = async (schema: unknown, document: unknown) => {
    put('schema.json', JSON.stringify(schema));
    put('doc.json', JSON.stringify(document));
    return validate('doc.json', '--schema', 'schema.json');
  };

  it('may be named by the $id of one of ours, which knows bags out of their envelopes', async () => {
    put('a.json', JSON.stringify({ bag: leanBag }));
    expect((await validate('a.json', '--schema', 'https://statebag-shim.dev/schemas/state-bag.v2.json')).code).toBe(0);
  });

  it('may refer to themselves, to files beside them, and to ours', async () => {
    put('part.json', JSON.stringify({ $defs: { day: { type: 'string', format: 'date' } } }));
    const schema = {
      $ref: '#/$defs/tree',
      $defs: {
        tree: {
          type: 'object',
          properties: {
            day: { $ref: 'part.json#/$defs/day' },
            bag: { $ref: 'https://statebag-shim.dev/schemas/state-bag.v2.json' },
            children: { type: 'array', items: { $ref: '#/$defs/tree' } },
          },
        },
      },
    };
    expect((await against(schema, { day: '2026-02-28', bag: leanBag, children: [{ children: [] }] })).code).toBe(0);
    const { code, out } = await against(schema, { children: [{ day: '2026-02-30' }] });
    expect([code, out]).toEqual([
      1,
      expect.stringContaining('`children[0].day` is "2026-02-30"; it must be of the format `date`.'),
    ]);
  });

  it.each<[string, unknown, string]>([
    ['does not compile', { type: 'nonsense' }, 'SCHEMA_INVALID'],
    ['refers to what has to be fetched', { $ref: 'https://example.com/other.json' }, 'SCHEMA_REMOTE'],
    ['refers to a file that is not there', { $ref: 'absent.json' }, 'SCHEMA_INVALID'],
    [
      'is of an older draft',
      { $schema: 'http://json-schema.org/draft-07/schema#' },
      'only JSON Schema 2020-12 is read here',
    ],
    ['is a list', [], 'SCHEMA_INVALID'],
  ])('%s: refused', async (_, schema, message) => {
    const { code, err } = await against(schema, {});
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it.each<[unknown, unknown, string]>([
    [{ maximum: 3 }, 4, 'The document is 4; it must be at most 3.'],
    [{ exclusiveMinimum: 3 }, 3, 'it must be more than 3.'],
    [{ multipleOf: 3 }, 4, 'a multiple of 3.'],
    [{ maxLength: 1 }, 'ab', 'longer than 1 characters.'],
    [{ minLength: 3 }, 'ab', 'shorter than 3 characters.'],
    [{ minItems: 1 }, [], 'at least 1 elements.'],
    [{ uniqueItems: true }, [1, 2, 1], 'the same element twice, at 0 and 2.'],
    [{ contains: { type: 'string' } }, [1], 'at least 1 element of the kind'],
    [{ dependentRequired: { a: ['b'] } }, { a: 1 }, '`b` is missing from the document, where `a` asks for it.'],
    [{ oneOf: [{ type: 'string' }, { type: 'null' }] }, 4, 'exactly one of the shapes the schema allows.'],
    [{ propertyNames: { pattern: '^a' } }, { b: 1 }, 'has a member `b`, whose name the schema does not allow.'],
    [{ properties: { a: false } }, { a: 1 }, '`a` must not be here.'],
    [{ unevaluatedProperties: false }, { b: 1 }, '`b` is not a member this schema knows.'],
    [{ pattern: '^a+$' }, 'b', 'text that matches `^a+$`.'],
  ])('say it in a sentence: %j', async (schema, document, sentence) => {
    const { code, out } = await against(schema, document);
    expect([code, out]).toEqual([1, expect.stringContaining(sentence)]);
  });
});

describe('what is expected', () => {
  it('is that each document fails, when asked for', async () => {
    put('broken/fat.json', fat);
    put('broken/torn.json', '{');
    const good = await validate('broken', '--expect', 'invalid');
    expect(good.code).toBe(0);
    expect(good.out).toMatch(/^broken\/fat\.json:1:\d+ {2}note {2}\/workflow_config /m);
    put('broken/lean.json', lean);
    const { code, out } = await validate('broken', '--expect', 'invalid');
    expect([code, out]).toEqual([1, expect.stringMatching(/^broken\/lean\.json:1:1 .*\(EXPECTED_INVALID\)$/m)]);
  });

  it('leaves room: a bag near its limit is warned of, and passes', async () => {
    put('a.json', JSON.stringify({ ...leanBag, current_state: 'x'.repeat(256_000) }));
    const { code, out } = await validate('a.json');
    expect([code, out]).toEqual([0, expect.stringMatching(/warning {2}document .*\(headroom\)/)]);
    expect((await validate('a.json', '--headroom', '0')).out).toBe('1 documents, 1 valid, 0 invalid\n');
  });

  it('is that inline manifests stay small: a warning, since some must be read there', async () => {
    put(
      'a.json',
      JSON.stringify({
        ...leanBag,
        segment_manifest: [{ segment_id: 0, segment_config: { text: 'x'.repeat(60_000) } }],
      }),
    );
    const { code, out } = await validate('a.json');
    expect([code, out]).toEqual([0, expect.stringMatching(/warning {2}\/segment_manifest .*\(x-max-inline-bytes\)/)]);
  });

  it.each([
    [['--format', 'xml'], '--format takes'],
    [['--format', 'sarif', '--json'], 'two formats'],
    [['--expect', 'luck'], '--expect takes valid or invalid'],
    [['--max-bytes', '0'], '--max-bytes takes'],
  ])('is known: %j', async (args, message) => {
    put('a.json', lean);
    const { code, err } = await validate('a.json', ...args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('migrate', () => {
  it('leaves the bytes of compressed files as they are', async () => {
    put('bags/a.json', smallBag());
    put('bags/b.ndjson.gz', gzipSync(smallBag()));
    const { out } = await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--apply', '--json']);
    expect((JSON.parse(out) as { totals: Record<string, number> }).totals).toMatchObject({
      documents: 2,
      migrated: 1,
      quarantined: 1,
    });
    expect(readFileSync(join(scratch.dir, 'bags/b.ndjson.gz'))).toEqual(gzipSync(smallBag()));
  });
});
