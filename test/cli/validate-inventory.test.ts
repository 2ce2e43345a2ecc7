import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pausedRow } from '../batch/rows.js';
import { startDynamoDbServer } from '../fakes/dynamodb-server.js';
import { TableState } from '../fakes/table-state.js';
import { leanBag } from '../validate/lean-bag.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const lean = JSON.stringify(leanBag);

/** What is put below the scratch directory: bytes, or the target of a link. */
type Files = Readonly<Record<string, string | Uint8Array | { readonly link: string }>>;

function put(files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(scratch.dir, name);
    mkdirSync(join(path, '..'), { recursive: true });
    if (typeof content === 'object' && 'link' in content) symlinkSync(content.link, path);
    else writeFileSync(path, content);
  }
}

interface Entry {
  readonly kind: string;
  readonly id: string;
  readonly code: string;
  readonly reason: string;
}

interface Report {
  readonly answer: string;
  readonly totals: Readonly<Record<'documents' | 'valid' | 'invalid', number>>;
  readonly inventory: Readonly<Record<'read' | 'skipped' | 'unreadable' | 'empty', number>>;
  readonly unreadable: readonly Entry[];
  readonly skipped: readonly Entry[];
  readonly empty: readonly Entry[];
}

const validate = (...args: readonly string[]) => statebag(scratch.dir, ['validate', ...args]);

async function report(...args: readonly string[]): Promise<{ readonly code: number; readonly report: Report }> {
  const { code, out, err } = await validate(...args, '--json');
  if (out === '') throw new Error(err);
  return { code, report: JSON.parse(out) as Report };
}

/** Name of the row, files beside `d/a.json`, code of the command, answer, documents, invalid ones, codes of entries. */
type Row = readonly [string, Files, number, string, number, number, readonly string[]];

// The table of docs/validate.md, row by row.
describe('the answer of validate to a directory with a lean bag and', () => {
  it.each<Row>([
    ['nothing else is yes', {}, 0, 'yes', 1, 0, []],
    ['compressed and upper-case names is yes', { 'd/B.JSON': lean, 'd/c.json.gz': gzipSync(lean) }, 0, 'yes', 3, 0, []],
    ['a fat bag is no', { 'd/b.json': smallBag() }, 1, 'no', 2, 1, []],
    ['text that is not JSON is no', { 'd/b.json': '{' }, 1, 'no', 2, 1, []],
    ['bytes that are not text is no', { 'd/b.json': Buffer.from([0xff, 0xfe, 0x00]) }, 1, 'no', 2, 1, []],
    ['a JSON file of no bytes is no', { 'd/b.json': '' }, 1, 'no', 2, 1, []],
    ['a bag as JSON text is no', { 'd/b.json': JSON.stringify(lean) }, 1, 'no', 2, 1, []],
    [
      'a bag as JSON text of JSON text is no',
      { 'd/b.json': JSON.stringify({ bag: JSON.stringify(lean) }) },
      1,
      'no',
      2,
      1,
      [],
    ],
    ['a file of another name is not proven', { 'd/b.yaml': lean }, 1, 'not proven', 1, 0, ['NAME_SKIPPED']],
    [
      'files without an ending is not proven',
      { 'd/b': lean, 'd/e/f': lean },
      1,
      'not proven',
      1,
      0,
      ['NAME_SKIPPED', 'NAME_SKIPPED'],
    ],
    ['a link to nothing is not proven', { 'd/b.json': { link: 'gone' } }, 1, 'not proven', 1, 0, ['LINK_DANGLING']],
    ['a link to itself is not proven', { 'd/b.json': { link: 'b.json' } }, 1, 'not proven', 1, 0, ['DISK_ERROR']],
    ['a file that is not gzip is not proven', { 'd/b.json.gz': lean }, 1, 'not proven', 1, 0, ['GZIP_INVALID']],
    [
      'lines that are cut off is not proven',
      { 'd/b.ndjson.gz': gzipSync(`${lean}\n${lean}\n`).subarray(0, 60) },
      1,
      'not proven',
      1,
      0,
      ['GZIP_INVALID'],
    ],
    ['a file without lines is not proven', { 'd/b.ndjson': '\n \n' }, 1, 'not proven', 1, 0, ['FILE_EMPTY']],
    ['compressed nothing is not proven', { 'd/b.jsonl.gz': gzipSync('') }, 1, 'not proven', 1, 0, ['FILE_EMPTY']],
    [
      'a fat bag and a skipped file is no',
      { 'd/b.json': smallBag(), 'd/c.txt': lean },
      1,
      'no',
      2,
      1,
      ['NAME_SKIPPED'],
    ],
  ])('%s', async (_, files, code, answer, documents, invalid, codes) => {
    put({ 'd/a.json': lean, ...files });
    const ran = await report('d');
    const { unreadable, skipped, empty, inventory, totals } = ran.report;
    expect([ran.code, ran.report.answer]).toEqual([code, answer]);
    expect(totals).toEqual({ documents, valid: documents - invalid, invalid });
    expect([...unreadable, ...skipped, ...empty].map((entry) => entry.code)).toEqual(codes);
    expect([inventory.unreadable, inventory.skipped, inventory.empty]).toEqual([
      unreadable.length,
      skipped.length,
      empty.length,
    ]);
  });

  it.each<Row>([
    ['a file without lines is yes', { 'd/b.ndjson': '' }, 0, 'yes', 1, 0, []],
    ['a skipped file is not proven', { 'd/b.txt': '' }, 1, 'not proven', 1, 0, ['NAME_SKIPPED']],
  ])('with --allow-empty %s', async (_, files, code, answer, documents, invalid, codes) => {
    put({ 'd/a.json': lean, ...files });
    const ran = await report('d', '--allow-empty');
    expect([ran.code, ran.report.answer, ran.report.totals]).toEqual([
      code,
      answer,
      { documents, valid: documents - invalid, invalid },
    ]);
    expect(ran.report.skipped.map((entry) => entry.code)).toEqual(codes);
  });

  it('a directory that its glob matches is not proven', async () => {
    put({ 'd/a.json': lean, 'd/below/b.json': lean });
    const ran = await report('d/*');
    expect([ran.code, ran.report.answer, ran.report.skipped]).toEqual([
      1,
      'not proven',
      [expect.objectContaining({ kind: 'skipped', id: 'd/below', code: 'DIRECTORY_SKIPPED' })],
    ]);
  });
});

describe('a source of validate without a document', () => {
  beforeEach(() => {
    put({ 'a.json': lean, 'empty.ndjson': '', 'only/empty.ndjson': '', 'other/bag': lean });
    mkdirSync(join(scratch.dir, 'nothing'));
  });

  it.each([
    [['empty.ndjson']],
    [['only']],
    [['nothing']],
    [['none/*.json']],
    [['a.json', 'empty.ndjson']],
    [['a.json', 'nothing']],
  ])('is an error, exit 2, and is allowed by --allow-empty: %j', async (sources) => {
    const { code, err } = await validate(...sources);
    expect([code, err]).toEqual([2, expect.stringContaining('SOURCE_EMPTY')]);
    const allowed = await report(...sources, '--allow-empty');
    expect([allowed.code, allowed.report.answer]).toEqual([0, 'yes']);
  });

  it('is not one in which files were skipped: that is not proven, also with --allow-empty', async () => {
    for (const args of [['other'], ['other', '--allow-empty']]) {
      const ran = await report(...args);
      expect([ran.code, ran.report.answer, ran.report.totals.documents]).toEqual([1, 'not proven', 0]);
      expect(ran.report.skipped).toEqual([
        {
          kind: 'skipped',
          id: 'other/bag',
          code: 'NAME_SKIPPED',
          reason: expect.stringMatching(/^The name does not end in .*\.$/) as string,
        },
      ]);
    }
  });

  it('is not one that cannot be read: that is not proven', async () => {
    put({ 'b.json.gz': 'no gzip' });
    const ran = await report('b.json.gz');
    expect([ran.code, ran.report.answer, ran.report.inventory]).toEqual([
      1,
      'not proven',
      { read: 0, skipped: 0, unreadable: 1, empty: 0 },
    ]);
  });
});

describe('a place that is named twice', () => {
  it.each([
    ['a directory and a lean file in it', ['d/a.json', 'd'], 2],
    ['a lean file in it and a directory', ['d', './d/a.json'], 2],
    ['a fat file and its directory', ['d/fat.json', 'd'], 2],
    ['one file, spelled in two ways', ['d/a.json', './d/../d/a.json'], 1],
    ['two globs', ['d/*', 'd/a*'], 2],
  ])('is read once by validate: %s', async (_, sources, documents) => {
    put({ 'd/a.json': lean, 'd/fat.json': smallBag() });
    const ran = await report(...sources);
    expect([ran.report.totals.documents, ran.report.inventory.read]).toEqual([documents, documents]);
  });

  it('is not an empty source when its one file was read before', async () => {
    put({ 'd/a.json': lean });
    expect((await report('d/a.json', 'd')).code).toBe(0);
  });
});

describe('what validate did not read is listed', () => {
  beforeEach(() => {
    put({ 'd/a.json': lean, 'd/b,1.txt': lean, 'd/c.ndjson': '', 'd/e.json': { link: 'gone' } });
  });

  it('in the format pretty, with the answer', async () => {
    const { code, out, err } = await validate('d');
    expect([code, err]).toEqual([1, '']);
    expect(out).toMatch(/^d\/c\.ndjson {2}empty {2}No document is in it, .* \(FILE_EMPTY\)$/m);
    expect(out).toMatch(
      /^d\/e\.json {2}unreadable {2}.* is a link to something that is not there.* \(LINK_DANGLING\)$/m,
    );
    expect(out).toMatch(/^d\/b,1\.txt {2}skipped {2}The name does not end in .* \(NAME_SKIPPED\)$/m);
    expect(out).toMatch(/^1 documents, 1 valid, 0 invalid\nnot proven: 1 unreadable, 1 skipped, 1 empty\n$/m);
  });

  it('next to an invalid document, whose answer is no', async () => {
    put({ 'd/fat.json': smallBag() });
    const { code, out } = await validate('d');
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/^2 documents, 1 valid, 1 invalid\nand not proven: 1 unreadable, 1 skipped, 1 empty\n$/m),
    ]);
  });

  it('in the format github, as annotations', async () => {
    const { code, out } = await validate('d', '--format', 'github');
    expect(code).toBe(1);
    expect(out).toMatch(/^::error file=d\/b%2C1\.txt,title=NAME_SKIPPED::The name does not end in /m);
    expect(out.match(/^::error /gm)).toHaveLength(3);
    expect(out).toMatch(/^not proven: 1 unreadable, 1 skipped, 1 empty$/m);
  });

  it('in the format sarif, as results', async () => {
    const { code, out } = await validate('d', '--format', 'sarif');
    const [run] = (
      JSON.parse(out) as {
        runs: [{ results: { ruleId: string; level: string }[]; invocations: [{ executionSuccessful: boolean }] }];
      }
    ).runs;
    expect(run.invocations[0].executionSuccessful).toBe(false);
    expect([code, run.results.map(({ ruleId, level }) => [ruleId, level])]).toEqual([
      1,
      [
        ['FILE_EMPTY', 'error'],
        ['LINK_DANGLING', 'error'],
        ['NAME_SKIPPED', 'error'],
      ],
    ]);
  });

  it('in the format junit, as errors', async () => {
    const { code, out } = await validate('d', '--format', 'junit');
    expect(code).toBe(1);
    expect(out.match(/<testsuite name="d\/[^"]*" tests="1" failures="0" errors="1">/g)).toHaveLength(3);
    expect(out).toMatch(/<error message="The name does not end in [^"]*" type="NAME_SKIPPED"\/>/);
  });

  it('the first twenty for people, all of them for programs', async () => {
    put(Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`d/x-${at}`, ''])));
    for (const format of ['pretty', 'github']) {
      const { out } = await validate('d', '--format', format);
      expect([out.match(/NAME_SKIPPED/g)?.length, out.match(/… and 13 more, see --json/g)?.length]).toEqual([18, 1]);
    }
    expect((await report('d')).report.skipped).toHaveLength(31);
  });

  it('also when documents must fail, where it is an error too', async () => {
    put({ 'd/a.json': smallBag() });
    const ran = await report('d', '--expect', 'invalid');
    expect([ran.code, ran.report.answer, ran.report.totals.invalid]).toEqual([1, 'not proven', 0]);
  });
});

describe('a row whose bag validate cannot read', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  const members = Object.fromEntries(
    Object.entries(leanBag).flatMap(([name, value]) => (typeof value === 'string' ? [[name, { S: value }]] : [])),
  );
  const bag = { ...members, state_bag_version: { N: '2' } };

  it.each([
    ['binary', { B: gzipSync(lean) }, 'ATTRIBUTE_NOT_JSON'],
    [
      'a lean bag with a binary bag in it',
      { M: { ...bag, Payload: { B: gzipSync(smallBag()) } } },
      'ATTRIBUTE_NOT_JSON',
    ],
    ['JSON text of JSON text', { S: JSON.stringify(smallBag()) }, 'NOT_A_BAG'],
    ['not JSON', { S: 'H4sIAAAA' }, 'JSON_SYNTAX'],
  ])('makes the answer no: %s', async (_, context, rule) => {
    const state = new TableState('Tokens');
    const server = await startDynamoDbServer({ tables: [state] });
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', server.endpoint);
    try {
      state.put({ ...pausedRow('one'), context });
      const { code, out } = await validate('dynamodb://Tokens', '--json');
      expect([code, out]).toEqual([1, expect.stringContaining(`"rule":"${rule}"`)]);
    } finally {
      await server.stop();
    }
  });
});

describe('what --ignore leaves out of a validation', () => {
  it.each([
    ['of a directory', ['d', '--ignore', '*.txt', '--ignore', 'd/sub/'], 1, 2],
    ['of a glob', ['d/*', '--ignore', '*.txt', '--ignore', 'sub'], 1, 2],
    ['whatever is in it', ['d', '--ignore', '*.txt', '--ignore', 'sub/**', '--ignore', 'd/s*/*'], 1, 2],
  ])('is counted, and the answer repeats it: %s', async (_, args, read, ignored) => {
    put({ 'd/a.json': lean, 'd/b.txt': 'hello', 'd/sub/fat.json': smallBag() });
    const ran = await report(...args);
    expect([ran.code, ran.report]).toMatchObject([
      0,
      {
        answer: 'yes',
        ignore: args.filter((_arg, at) => args[at - 1] === '--ignore'),
        inventory: { read, skipped: 0, ignored },
      },
    ]);
    expect((await validate(...args)).out).toMatch(/^ignored: [12], not read, because of --ignore /m);
  });

  it('is in the formats sarif and junit, too', async () => {
    put({ 'd/a.json': lean, 'd/b.txt': 'hello' });
    const sarif = JSON.parse((await validate('d', '--ignore', '*.txt', '--format', 'sarif')).out) as {
      readonly runs: readonly [{ readonly invocations: readonly object[] }];
    };
    expect(sarif.runs[0].invocations).toEqual([
      {
        executionSuccessful: true,
        toolExecutionNotifications: [
          { level: 'note', message: { text: "ignored: 1, not read, because of --ignore '*.txt'" } },
        ],
      },
    ]);
    expect((await validate('d', '--ignore', '*.txt', '--format', 'junit')).out).toContain(
      "<system-out>ignored: 1, not read, because of --ignore '*.txt'</system-out>",
    );
  });

  it('is no source without a document when nothing else is there', async () => {
    put({ 'd/a.json': lean });
    const { code, err } = await validate('d', '--ignore', '*');
    expect([code, err]).toEqual([2, expect.stringContaining('SOURCE_EMPTY')]);
  });
});
