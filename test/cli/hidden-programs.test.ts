import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startDynamoDbServer } from '../fakes/dynamodb-server.js';
import type { DynamoDbServer } from '../fakes/dynamodb-server.js';
import { TableState } from '../fakes/table-state.js';
import { putFleet, smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const at = (...parts: readonly string[]) => join(scratch.dir, ...parts);
const FAT = smallBag();

interface Report {
  readonly answer?: string;
  readonly proven?: boolean;
  readonly documents?: readonly { readonly code?: string; readonly reason?: string }[];
  readonly inventory: { readonly undecidable: number };
  readonly totals: Readonly<Record<string, number>>;
}

async function json(...args: readonly string[]): Promise<Report & { readonly code: number }> {
  const { code, out, err } = await statebag(scratch.dir, [...args, '--json']);
  if (out === '') throw new Error(err);
  return { code, ...(JSON.parse(out) as Report) };
}

/** What `migrate` makes of the small bag; its blobs are old enough to be deleted. */
async function makeLean(): Promise<string> {
  mkdirSync(at('live'));
  writeFileSync(at('live/a.json'), FAT);
  await statebag(scratch.dir, ['migrate', 'live', '--store', 'store', '--apply', '--journal', 'journal']);
  const files = readdirSync(at('store'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name } of files) utimesSync(join(parentPath, name), 1_600_000_000, 1_600_000_000);
  return readFileSync(at('live/a.json'), 'utf8');
}

let lean = '';
beforeEach(async () => {
  lean = await makeLean();
});

describe('a row', () => {
  let state: TableState;
  let server: DynamoDbServer;
  beforeEach(async () => {
    state = new TableState('Tokens');
    server = await startDynamoDbServer({ tables: [state] });
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', server.endpoint);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.stop();
  });
  type Row = Parameters<TableState['put']>[0];
  const key = { ownerId: { S: 'owner-1' }, conversation_id: { S: 'c' } };
  const taskToken = { S: 't' };
  const put = (row: Row) => {
    state.put({ ...key, ...row });
  };
  const gates = async () => ({
    contract: await json('can-contract', 'dynamodb://Tokens'),
    gc: await json('gc', '--no-journal', '--store', 'store', 'dynamodb://Tokens', '--apply'),
    inspect: await json('inspect', 'dynamodb://Tokens'),
  });
  const binary = (text: string) => ({ B: Buffer.from(text) });

  it.each<[string, (lean: string) => Row]>([
    ['in place of its bag', (text) => ({ context: binary(text), taskToken })],
    ['in place of its bag, without a token', (text) => ({ context: binary(text) })],
    ['below a wrapper, without a token', (text) => ({ context: { M: { state_data: binary(text) } } })],
    ['in another member of its bag', (text) => ({ taskToken, context: { M: { body: binary(text) } } })],
    ['in a list of its bag', (text) => ({ taskToken, context: { M: { items: { L: [{ B: gzipSync(text) }] } } } })],
    ['in a set of its bag', (text) => ({ taskToken, context: { M: { items: { BS: [Buffer.from(text)] } } } })],
    ['next to its bag', (text) => ({ taskToken, context: { S: '{"a":1}' }, body: binary(text) })],
    ['and no bag', (text) => ({ taskToken, body: binary(text) })],
  ])('with a binary value makes every gate not proven: %s', async (_, row) => {
    put(row(lean));
    const { contract, gc, inspect } = await gates();
    expect([contract.code, contract.answer, contract.documents?.map(({ code }) => code)]).toEqual([
      1,
      'not proven',
      ['ATTRIBUTE_NOT_JSON'],
    ]);
    expect([gc.code, gc.proven, gc.totals.deleted]).toEqual([1, false, 0]);
    expect([inspect.code, inspect.inventory.undecidable]).toEqual([1, 1]);
  });

  it('with binary values too short for a bag or the digest of one is understood', async () => {
    put({ taskToken, context: { S: lean }, id: { B: Buffer.alloc(16) }, set: { BS: [Buffer.alloc(16)] } });
    const { contract, gc, inspect } = await gates();
    expect([contract.answer, gc.proven, gc.totals.deleted, inspect.code]).toEqual(['yes', true, 0, 0]);
  });

  it.each<[string, (lean: string) => Row]>([
    ['in place of one', () => ({ payload: { S: FAT } })],
    ['next to text that is none', () => ({ context: { S: '{"a":1}' }, payload: { S: FAT } })],
    ['as a map', () => ({ bag: { M: { workflow_config: { M: { nodes: { L: [{ S: 'a' }] } } } } } })],
    ['next to a lean bag', (text) => ({ context: { S: text }, previous: { S: FAT } })],
    ['next to a lean bag, under the other name of one', (text) => ({ context: { S: text }, state_data: { S: FAT } })],
    ['under the name of the bag in upper case', () => ({ taskToken: { S: '' }, Context: { S: FAT } })],
  ])('with a fat bag in another attribute is not proven: %s', async (_, row) => {
    put({ taskToken, ...row(lean) });
    const { contract, gc, inspect } = await gates();
    expect([contract.code, contract.answer, contract.documents]).toMatchObject([
      1,
      'not proven',
      [{ code: 'BAG_HIDDEN', reason: expect.stringContaining('another attribute of the row') as string }],
    ]);
    expect([inspect.code, inspect.inventory.undecidable]).toEqual([1, 1]);
    expect([gc.code, gc.proven]).toEqual([0, true]);
  });

  it('with pointers in another attribute keeps what they name', async () => {
    put({ taskToken, context: { S: '{"a":1}' }, previous: { S: lean } });
    const { contract, gc } = await gates();
    expect([contract.answer, gc.proven, gc.totals.deleted]).toEqual(['yes', true, 0]);
  });
});

describe('a document', () => {
  const check = async (text: string) => {
    mkdirSync(at('d'), { recursive: true });
    writeFileSync(at('d/x.json'), text);
    const contract = await json('can-contract', 'd');
    const inspect = await json('inspect', 'd', '--store', 'store');
    return {
      contract: [contract.code, contract.answer, contract.documents?.map(({ code }) => code)],
      inspect: [inspect.code, inspect.inventory.undecidable],
    };
  };
  const hidden = (code: string) => ({ contract: [1, 'not proven', [code]], inspect: [1, 1] });
  const clean = { contract: [0, 'yes', []], inspect: [0, 0] };
  const inLean = (text: string, members: string) => `${text.slice(0, -1)},${members}}`;
  const escape = (text: string, pattern: RegExp) =>
    text.replace(pattern, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);

  it.each<[string, (lean: string) => string]>([
    ['under another wrapper', (text) => `{"Payload":${text},"state_data":{"x":[${FAT}]}}`],
    ['under the wrapper that is tried later', (text) => `{"Payload":${text},"state_data":${FAT}}`],
    ['under a wrapper in it', (text) => inLean(text, `"Payload":${FAT}`)],
    ['under a wrapper in it, as text', (text) => inLean(text, `"bag":${JSON.stringify(FAT)}`)],
    ['in a list in it', (text) => inLean(text, `"branches":[${FAT}]`)],
    ['in a list under a wrapper in it', (text) => inLean(text, `"Payload":[${FAT}]`)],
    ['in a list next to it', (text) => `{"bag":${text},"items":[${FAT}]}`],
    ['in results of branches', (text) => inLean(text, `"parallel_results":[{"Payload":${FAT}}]`)],
    ['as a program next to it', (text) => `{"bag":${text},"workflow_config":{"nodes":[]}}`],
  ])('with a fat bag beside its lean one is not proven: %s', async (_, make) => {
    expect(await check(make(lean))).toEqual(hidden('BAG_HIDDEN'));
  });

  it.each([
    ['escaped quotes', `{"Records":[{"body":"${escape(FAT, /"/g)}"}]}`],
    [
      'an escaped letter in the names',
      `{"a":[${FAT.replace(/workflow_config|partition_map/g, (n) => escape(n, /[gp]/))}]}`,
    ],
    [
      'escaped backslashes',
      `{"a":"${JSON.stringify(JSON.stringify(FAT)).slice(1, -1).replaceAll('\\\\', '\\u005c')}"}`,
    ],
    ['line breaks of text', `{"a":[${JSON.stringify('{"workflow_config"\n:\n{"nodes":[]}}')}]}`],
  ])('with a fat bag that is spelled with %s is not proven', async (_, text) => {
    expect(await check(text)).toEqual(hidden('BAG_HIDDEN'));
  });

  const withoutPaths = (text: string, names: RegExp) =>
    text.replace(/,"([a-z_]+)_s3_path":"[^"]+"/g, (member, name: string) => (names.test(name) ? '' : member));
  const withoutEnd = (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -4), Buffer.alloc(4)]);
  const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');

  it.each<[string, string]>([
    ['base64 text', base64(FAT)],
    ['base64 text of the other alphabet', Buffer.from(FAT).toString('base64url')],
    ['a data URL', `data:application/json;base64,${base64(FAT)}`],
    ['the path of a URL', `https://host/a/b${base64(FAT)}`],
    ['base64 text with escaped slashes', base64(FAT.replace('{', '{"q":"???>>>???",')).replaceAll('/', '\\/')],
    ['base64 text in lines of 76', base64(FAT).replace(/.{76}/g, '$&\\r\\n')],
    ['base64 text in base64 text', base64(base64(FAT))],
    ['base64 text of gzip', base64(gzipSync(FAT))],
    ['base64 text of zlib', base64(deflateSync(FAT))],
    ['base64 text of gzip with base64 text in it', base64(gzipSync(`{"Data":"${base64(FAT)}"}`))],
    ['base64 text of gzip behind a path', `gzip/${base64(gzipSync(FAT))}`],
    ['base64 text of gzip behind a digest and a line break', `${'0f'.repeat(32)}\\n${base64(gzipSync(FAT))}`],
    ['base64 text of gzip behind its length', base64(Buffer.concat([Buffer.alloc(4), gzipSync(FAT)]))],
    ['base64 text of zlib behind its length', base64(Buffer.concat([Buffer.alloc(4), deflateSync(FAT)]))],
    ['base64 text of zlib behind a path', `zlib/${base64(deflateSync(FAT))}`],
    ['hex digits', Buffer.from(FAT).toString('hex')],
    ['hex digits of gzip, in upper case', gzipSync(FAT).toString('hex').toUpperCase()],
    ['base64 text of zlib with a small window', base64(deflateSync(FAT, { windowBits: 12 }))],
    ['base64 text of gzip in gzip', base64(gzipSync(gzipSync(FAT)))],
    ['base64 text of zlib in gzip', base64(gzipSync(deflateSync(FAT)))],
    [
      'base64 text of gzip behind other bytes, in gzip',
      base64(gzipSync(Buffer.concat([Buffer.alloc(9), gzipSync(FAT)]))),
    ],
    ['base64 text in lines of 20, indented', base64(FAT).replace(/.{20}/g, '$&\\n   ')],
    ['base64 text of gzip in a list of lines', base64(gzipSync(FAT)).replace(/.{76}/g, '$&","')],
    ['base64 text of gzip with percent signs', encodeURIComponent(base64(gzipSync(FAT)))],
    ['base64 text of UTF-16', Buffer.from(FAT, 'utf16le').toString('base64')],
  ])('with a fat bag in %s is not proven', async (_, text) => {
    const list = `["${text}"]`;
    expect(await check(`{"Records":[{"data":${list}}]}`)).toEqual(hidden('BAG_HIDDEN'));
    expect(await check(inLean(lean, `"data":${list}`))).toEqual(hidden('BAG_HIDDEN'));
  });

  it.each<[string, Buffer]>([
    ['a bag', Buffer.from(FAT)],
    ['a compressed bag', gzipSync(FAT)],
  ])('with %s as a list of bytes is not proven', async (_, bytes) => {
    expect(await check(`{"data":${JSON.stringify(bytes)}}`)).toEqual(hidden('BAG_HIDDEN'));
    expect(await check(inLean(lean, `"data":${JSON.stringify([...bytes], undefined, 1)}`))).toEqual(
      hidden('BAG_HIDDEN'),
    );
  });

  it('that 0.1.0 left a segment_config in, next to indexes that contradict each other, is not proven', async () => {
    expect(await check(inLean(lean, '"segment_config":{"id":"s","nodes":[]},"segment_index":1'))).toEqual(
      hidden('SEGMENT_CONTRADICTORY'),
    );
  });

  it('with more levels of escapes than are undone is not proven', async () => {
    expect(await check(`{"a":"\\u005c${'u005c'.repeat(20)}"}`)).toEqual(hidden('GZIP_INVALID'));
  });

  it.each<[string, string]>([
    ['gzip that is cut off', base64(gzipSync(FAT).subarray(0, 60))],
    ['gzip with another checksum', base64(Buffer.concat([gzipSync(FAT).subarray(0, -8), Buffer.alloc(8)]))],
    ['zlib that is cut off', base64(deflateSync(FAT).subarray(0, -20))],
    ['zlib with another checksum', base64(withoutEnd(deflateSync(FAT)))],
    ['gzip of more bytes than are read', base64(Buffer.concat([1, 2].map(() => gzipSync(Buffer.alloc(40 << 20)))))],
    [
      'more levels than are read',
      Array.from({ length: 11 }).reduce<string>(base64, '{"text":"a text that is no bag"}'),
    ],
  ])(
    'with base64 text of %s is not proven',
    async (_, text) => {
      expect(await check(`{"data":"${text}"}`)).toEqual(hidden('GZIP_INVALID'));
      expect(await check(inLean(lean, `"data":"${text}"`))).toEqual(hidden('GZIP_INVALID'));
    },
    120_000,
  );

  it.each<[string, (lean: string) => string]>([
    ['a lean bag', (text) => base64(text)],
    ['a compressed lean bag', (text) => base64(gzipSync(text))],
    ['random bytes', () => randomBytes(1 << 20).toString('base64')],
    ['compressed random bytes', () => base64(deflateSync(randomBytes(1 << 20)))],
    ['text without a bag', () => base64(`{"text":"${'word '.repeat(50)}"}`)],
  ])('with base64 text of %s is understood', async (_, make) => {
    expect(await check(`{"data":"${make(lean)}"}`)).toEqual(clean);
  });

  it.each<[string, (lean: string) => string]>([
    ['that a step took the paths from', (text) => withoutPaths(text, /./)],
    ['whose paths are null', (text) => text.replace(/(_s3_path":)"[^"]+"/g, '$1null')],
    ['with a stamp and nothing else', () => '{"state_bag_version":2}'],
    ['of the old form, with empty members', () => '{"ownerId":"o","workflow_config":null,"partition_map":[]}'],
    ['with an empty manifest', (text) => withoutPaths(text, /./).replace('{', '{"segment_manifest":[],')],
    ['with a manifest of nulls', (text) => withoutPaths(text, /./).replace('{', '{"segment_manifest":[null,{}],')],
    ['around one with paths', (text) => inLean(text.replace(/(_s3_path":)"[^"]+"/g, '$1null'), `"state_data":${text}`)],
  ])('with a bag %s is not proven', async (_, make) => {
    expect(await check(make(lean))).toEqual(hidden('PROGRAM_MISSING'));
  });

  it.each<[string, (lean: string) => string]>([
    ['a path to its map', (text) => withoutPaths(text, /config|manifest/)],
    ['no member of a program, and no stamp', () => '{"ownerId":"o","total_segments":1,"current_state":{}}'],
    [
      'the manifest of the newest era',
      () => '{"manifest_id":"m","segment_manifest_s3_path":"s3://b/manifests/m.json"}',
    ],
  ])('with a lean bag that has only %s is understood', async (_, make) => {
    expect((await check(make(lean))).contract).toEqual(clean.contract);
  });

  it.each<[string, (lean: string) => string]>([
    ['the program, the last one empty', () => '{"workflow_config":{"a":1},"workflow_config":{}}'],
    ['the wrapper', (text) => `{"bag":${FAT},"bag":${text}}`],
    ['the program of its lean bag', (text) => inLean(text, '"workflow_config":{"a":1},"workflow_config":null')],
    ['the program in JSON text', () => JSON.stringify({ bag: '{"workflow_config":{"a":1},"workflow_config":{}}' })],
  ])('that has a decisive member twice is not proven: %s', async (_, make) => {
    expect(await check(make(lean))).toEqual(hidden('DUPLICATE_MEMBER'));
  });

  it.each<[string, (lean: string) => string]>([
    ['a copy in its state', (text) => inLean(text.replace('"current_state":', '"was":'), `"current_state":${FAT}`)],
    [
      'a map as the argument of a branch',
      (text) => `{"branch_id":"b","partition_map":[{"id":0}],"state_data":${text}}`,
    ],
    [
      'a map in the configuration of a branch',
      (text) => `{"branch_config":{"branch_id":"b","partition_map":[{"id":0}]},"state_data":${text}}`,
    ],
    ['lean copies under every wrapper', (text) => inLean(text, `"bag":${text},"Payload":${JSON.stringify(text)}`)],
    [
      'empty members and escapes of other letters',
      (text) => inLean(text, '"a":[{"workflow_config":null}],"b":"\\u00e9"'),
    ],
    [
      'members whose names end in an old one',
      (text) => inLean(text, `"test_workflow_config":{"a":1},"b":[{"inner_partition_map":[1]}]`),
    ],
    ['a member of the user twice', (text) => inLean(text, '"note":1,"note":2')],
  ])('with a lean bag is understood with %s', async (_, make) => {
    expect(await check(make(lean))).toEqual(clean);
  });

  it('that migrate made lean holds no hidden program, whatever kind of bag it was', async () => {
    putFleet(scratch.dir);
    await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--apply', '--journal', 'j2']);
    const { documents = [] } = await json('can-contract', 'bags');
    expect(documents.filter(({ code }) => code === 'BAG_HIDDEN' || code === 'DUPLICATE_MEMBER')).toEqual([]);
  });
});
