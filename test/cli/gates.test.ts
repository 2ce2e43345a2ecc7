import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pausedRow } from '../batch/rows.js';
import { startDynamoDbServer } from '../fakes/dynamodb-server.js';
import type { DynamoDbServer } from '../fakes/dynamodb-server.js';
import { startS3Server } from '../fakes/s3-server.js';
import type { S3Server } from '../fakes/s3-server.js';
import { TableState } from '../fakes/table-state.js';
import { s3ObjectStore } from 'statebag-shim/s3';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const LEAN = JSON.stringify({ a: 1 });

/** What `--json` of both gates says. */
interface Report {
  readonly answer?: string;
  readonly canContract?: boolean;
  readonly proven?: boolean;
  readonly totals: Record<string, number>;
  readonly documents?: readonly { readonly id: string; readonly outcome: string; readonly code: string }[];
  readonly unreadable: readonly { readonly id: string; readonly code: string }[];
  readonly skipped: readonly { readonly id: string; readonly code: string }[];
  readonly empty: readonly { readonly id: string; readonly code: string }[];
  readonly undecidable: readonly { readonly id: string; readonly code: string }[];
  readonly inventory: Readonly<Record<'read' | 'skipped' | 'unreadable' | 'empty', number>> & {
    readonly undecidable?: number;
    readonly ignored?: number;
  };
  readonly ignore?: readonly string[];
}

async function json(...args: string[]): Promise<{ readonly code: number; readonly report: Report }> {
  const { code, out, err } = await statebag(scratch.dir, [...args, '--json']);
  if (out === '') throw new Error(err);
  return { code, report: JSON.parse(out) as Report };
}

function put(name: string, content: string | Uint8Array): void {
  const path = join(scratch.dir, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
}

const blobs = () =>
  readdirSync(join(scratch.dir, 'store'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

/** A store whose blobs are old enough to be deleted, for the bag of `live/a.json` that is not named as a source. */
async function putOldStore(): Promise<void> {
  put('live/a.json', smallBag());
  await statebag(scratch.dir, ['migrate', 'live', '--store', 'store', '--apply', '--journal', 'journal']);
  for (const { parentPath, name } of blobs()) utimesSync(join(parentPath, name), 1_600_000_000, 1_600_000_000);
}

function unseenIn({ skipped, unreadable, empty, undecidable = 0 }: Report['inventory']): number {
  return skipped + unreadable + empty + undecidable;
}

/** Both gates refuse these sources and list the codes; nothing is deleted. */
async function expectNotProven(sources: readonly string[], codes: readonly string[]): Promise<void> {
  const contract = await json('can-contract', ...sources);
  expect([contract.code, contract.report.answer, contract.report.canContract]).toEqual([1, 'not proven', false]);
  expect(contract.report.documents?.map(({ code }) => code).sort()).toEqual([...codes].sort());
  const text = await statebag(scratch.dir, ['can-contract', ...sources]);
  expect(text.out).toMatch(/^the shim may go +not proven/m);
  const before = blobs().length;
  const gc = await json('gc', '--no-journal', '--store', 'store', ...sources, '--apply');
  const { unreadable, skipped, empty, undecidable } = gc.report;
  expect([gc.code, gc.report.proven, gc.report.totals.deleted, gc.report.totals.garbage]).toEqual([1, false, 0, 0]);
  expect([...unreadable, ...skipped, ...empty, ...undecidable].map(({ code }) => code).sort()).toEqual(
    [...codes].sort(),
  );
  for (const { inventory } of [contract.report, gc.report])
    expect(unseenIn(inventory), JSON.stringify(inventory)).toBe(codes.length);
  const told = await statebag(scratch.dir, ['gc', '--no-journal', '--store', 'store', ...sources, '--apply']);
  expect([told.out, told.err]).toEqual([
    expect.stringMatching(/^garbage +not proven +nothing is deleted/m),
    expect.stringContaining('nothing was deleted'),
  ]);
  expect(blobs()).toHaveLength(before);
}

describe('a source without documents', () => {
  beforeEach(putOldStore);

  it.each([
    ['is an NDJSON file of no bytes', { 'export.ndjson': '' }, ['export.ndjson'], ['SOURCE_EMPTY']],
    ['is an NDJSON file of blank lines', { 'export.jsonl': '\n \r\n\t\n' }, ['export.jsonl'], ['SOURCE_EMPTY']],
    ['is a JSON file of no bytes', { 'a.json': '' }, ['a.json'], ['JSON_EMPTY']],
    ['is a directory whose only file is empty', { 'd/export.ndjson': '' }, ['d'], ['FILE_EMPTY']],
    ['is a glob whose only file is empty', { 'd/export.ndjson': '' }, ['d/*'], ['FILE_EMPTY']],
    [
      'is beside one that has some',
      { 'd/a.json': LEAN, 'export.ndjson': '' },
      ['d', 'export.ndjson'],
      ['SOURCE_EMPTY'],
    ],
    [
      'is in front of one that has some',
      { 'd/a.json': LEAN, 'export.ndjson': '' },
      ['export.ndjson', 'd'],
      ['SOURCE_EMPTY'],
    ],
    [
      'has an empty file among files that are not',
      { 'd/a.json': LEAN, 'd/part-2.NDJSON': '\n' },
      ['d'],
      ['FILE_EMPTY'],
    ],
  ])('makes gc and can-contract refuse when it %s', async (_, files: Record<string, string>, sources, codes) => {
    for (const [name, content] of Object.entries(files)) put(name, content);
    await expectNotProven(sources, codes);
  });

  it('is refused by both when it is a directory without a file, as an error of the command line', async () => {
    mkdirSync(join(scratch.dir, 'nothing'));
    for (const args of [
      ['can-contract', 'nothing'],
      ['gc', '--no-journal', '--store', 'store', 'nothing', '--apply'],
    ]) {
      const { code, err } = await statebag(scratch.dir, args);
      expect([code, err]).toEqual([2, expect.stringContaining('SOURCE_EMPTY')]);
    }
    expect(blobs()).toHaveLength(3);
  });

  it('is allowed with --allow-empty, which allows nothing else', async () => {
    put('export.ndjson', '');
    expect((await json('can-contract', 'export.ndjson', '--allow-empty')).report).toMatchObject({
      answer: 'yes',
      canContract: true,
    });
    put('d/bag', '\0\x01');
    expect((await json('can-contract', 'd', '--allow-empty')).report).toMatchObject({
      answer: 'not proven',
      inventory: { skipped: 1 },
    });
    expect(
      (await json('gc', '--no-journal', '--store', 'store', 'd', '--apply', '--allow-empty')).report.totals.deleted,
    ).toBe(0);
    expect(
      (await json('gc', '--no-journal', '--store', 'store', 'export.ndjson', '--apply', '--allow-empty')).report.totals
        .deleted,
    ).toBe(3);
  });
});

describe('a file that is not read because of its name', () => {
  beforeEach(putOldStore);

  it.each(['bag', 'bag.txt', 'bag.gz', 'bag.json5', 'bag.json.bak', '.hidden/bag', 'bag.yaml'])(
    'makes can-contract refuse, and is searched by gc: %s',
    async (name) => {
      const bag = readFileSync(join(scratch.dir, 'live/a.json'));
      put('d/x.json', LEAN);
      put(`d/${name}`, name.endsWith('gz') ? gzipSync(bag) : bag);
      expect((await json('can-contract', 'd')).report).toMatchObject({
        answer: 'not proven',
        inventory: { skipped: 1 },
        documents: [{ code: 'NAME_SKIPPED' }],
      });
      expect((await json('gc', '--no-journal', '--store', 'store', 'd', '--apply')).report).toMatchObject({
        proven: true,
        totals: { documents: 2, live: 3, deleted: 0 },
        inventory: { read: 2, skipped: 0 },
      });
    },
  );

  it.each([
    ['is not JSON', 'hello'],
    ['has a line that is not JSON', `${LEAN}\nhello\n`],
    ['is binary', '\0\x01\x02'],
    ['has no bytes', ''],
  ])('makes gc refuse when it %s', async (_, content) => {
    put('d/x.json', LEAN);
    put('d/notes.txt', content);
    const { code, report } = await json('gc', '--no-journal', '--store', 'store', 'd', '--apply');
    expect([code, report]).toMatchObject([1, { proven: false, totals: { deleted: 0 }, inventory: { undecidable: 1 } }]);
  });

  it('is searched by gc line by line', async () => {
    const bag = readFileSync(join(scratch.dir, 'live/a.json'), 'utf8');
    put('d/export.txt', `${LEAN}\n\n${bag.trim()}\r\n`);
    expect((await json('gc', '--no-journal', '--store', 'store', 'd', '--apply')).report).toMatchObject({
      proven: true,
      totals: { documents: 1, live: 3, deleted: 0 },
    });
  });

  it('makes can-contract refuse when there is nothing else in the directory', async () => {
    put('d/bag', smallBag());
    expect((await json('can-contract', 'd')).report).toMatchObject({ answer: 'not proven', inventory: { skipped: 1 } });
  });

  it('is listed, the first twenty in the table and all in --json', async () => {
    put('d/x.json', LEAN);
    for (let at = 0; at < 25; at++) put(`d/bag-${at}`, smallBag());
    const { out } = await statebag(scratch.dir, ['can-contract', 'd']);
    expect(out).toMatch(/^skipped +25 /m);
    expect(out.match(/NAME_SKIPPED/g)).toHaveLength(20);
    expect(out).toContain('… and 5 more, see --json');
    expect((await json('can-contract', 'd')).report.documents).toHaveLength(25);
  });

  it('is not one when the name ends in upper case: every command that walks reads it', async () => {
    for (const name of ['A.JSON', 'b.Json', 'sub/C.NdJson', 'd.JSONL']) put(`d/${name}`, `${smallBag()}\n`);
    expect((await json('can-contract', 'd')).report).toMatchObject({
      answer: 'no',
      totals: { fat: 4 },
      inventory: { skipped: 0 },
    });
    expect((await json('inspect', 'd')).report).toMatchObject({
      inventory: { read: 4, skipped: 0 },
      totals: { documents: 4 },
    });
    expect((await json('migrate', 'd', '--store', 'store', '--apply')).report.totals).toMatchObject({ migrated: 4 });
    expect((await json('gc', '--no-journal', '--store', 'store', 'd', '--apply')).report.totals).toMatchObject({
      documents: 4,
      live: 3,
      deleted: 0,
    });
    expect((await statebag(scratch.dir, ['validate', 'd', '--json'])).out).toContain('C.NdJson#L1');
  });

  it('makes inspect and migrate exit with 1, which count it', async () => {
    put('d/x.json', smallBag());
    for (const name of ['bag', 'bag.txt']) put(`d/${name}`, smallBag());
    for (const args of [
      ['inspect', 'd'],
      ['migrate', 'd', '--store', 'store'],
      ['migrate', 'd', '--store', 'store', '--apply'],
    ]) {
      const { code, out } = await statebag(scratch.dir, args);
      expect([code, out]).toEqual([1, expect.stringMatching(/^skipped +2 +files of other names or kinds/m)]);
      expect((await json(...args)).report.inventory.skipped).toBe(2);
    }
  });

  it('is not what the tool itself leaves beside documents', async () => {
    put('d/x.json', LEAN);
    put('d/.x.json.statebag.tmp', '');
    put('d/.26b55e13-40b0-4a2e-8a1d-0888a658c14f.statebag-tmp', '');
    put(`d/.${'a'.repeat(64)}.statebag-lock`, '');
    put('d/j/journal.ndjson', `${LEAN}\n`);
    put('d/j/journal.lock', '1 host');
    expect((await json('can-contract', 'd')).report).toMatchObject({ answer: 'yes', inventory: { skipped: 0 } });
    put('d/k/journal.lock', '1 host');
    expect((await json('can-contract', 'd')).report).toMatchObject({ answer: 'not proven', inventory: { skipped: 1 } });
  });

  it('is reported from a store or journal below the directory, unless it is a blob or the journal itself', async () => {
    put('d/x.json', LEAN);
    const args = ['--store', 'd/store', 'd', '--journal', 'd/journal'];
    put('other/a.json', smallBag());
    await statebag(scratch.dir, ['migrate', 'other', '--store', 'd/store', '--apply', '--journal', 'd/journal']);
    put('more/b.json', smallBag({ workflowId: 'b' }));
    const key = 'c/{ownerId}/{workflowId}/{sha256}/config';
    await statebag(scratch.dir, [
      'migrate',
      'more',
      '--store',
      'd/store',
      '--apply',
      '--journal',
      'j2',
      '--config-key',
      key,
    ]);
    expect((await json('gc', '--no-journal', ...args)).report).toMatchObject({
      proven: true,
      totals: { documents: 1 },
    });
    put('d/store/local/note.txt', '');
    put('d/journal/note.txt', '');
    expect((await json('gc', '--no-journal', ...args)).report).toMatchObject({
      proven: false,
      undecidable: [{ code: 'JSON_EMPTY' }, { code: 'JSON_EMPTY' }],
    });
  });
});

describe('an entry that --ignore names', () => {
  beforeEach(putOldStore);

  it.each([
    ['a name at every depth', '*.txt'],
    ['a path from the working directory', 'd/sub/*'],
    ['a folder', 'd/sub/'],
    ['a folder and all below it', './d/**/'],
  ])('is counted and printed by every gate, which answer from the others: %s', async (_, pattern) => {
    put('ok.json', LEAN);
    put('d/sub/notes.txt', 'hello');
    const sources = ['ok.json', 'd', '--allow-empty', '--ignore', pattern];
    const contract = await json('can-contract', ...sources);
    expect([contract.code, contract.report]).toMatchObject([
      0,
      { answer: 'yes', ignore: [pattern], inventory: { read: 1, skipped: 0, ignored: 1 } },
    ]);
    const { out } = await statebag(scratch.dir, ['can-contract', ...sources]);
    expect(out).toMatch(/^ignored +1 +not read, because of --ignore /m);
    expect(out).toMatch(/^the shim may go +yes .* and no bag is in what was ignored$/m);
    for (const args of [
      ['gc', '--no-journal', '--store', 'store', ...sources],
      ['inspect', ...sources],
      ['migrate', '--store', 'store', ...sources],
    ]) {
      const { code, report } = await json(...args);
      expect([code, report]).toMatchObject([0, { ignore: [pattern], inventory: { ignored: 1 } }]);
    }
  });

  it('may be unreadable, and is not asked', async () => {
    put('d/x.json', LEAN);
    symlinkSync('nothing', join(scratch.dir, 'd/link.json'));
    expect((await json('can-contract', 'd')).report.answer).toBe('not proven');
    expect((await json('can-contract', 'd', '--ignore', 'link.json')).report).toMatchObject({
      answer: 'yes',
      inventory: { read: 1, unreadable: 0, ignored: 1 },
    });
  });

  it('does not make a source that has nothing else a proof', async () => {
    put('d/x.json', LEAN);
    expect((await json('can-contract', 'd', '--ignore', '*.json')).report).toMatchObject({
      answer: 'not proven',
      inventory: { read: 0, empty: 1, ignored: 1 },
    });
  });

  it('is no other entry with a part of its name', async () => {
    put('d/x.json', LEAN);
    for (const name of ['a.txt.bak', 'txt', 'd.txt/bag']) put(`d/${name}`, 'hello');
    expect((await json('can-contract', 'd', '--ignore', '*.txt')).report).toMatchObject({
      answer: 'not proven',
      inventory: { skipped: 3, ignored: 0 },
    });
  });
});

describe('a compressed file', () => {
  beforeEach(putOldStore);

  it.each(['bag.json.gz', 'bag.JSON.GZ', 'bags.ndjson.gz', 'bags.jsonl.gz'])(
    'is read by every command, and quarantined where it would be rewritten: %s',
    async (name) => {
      const bytes = gzipSync(`${smallBag()}\n`);
      put(`d/${name}`, bytes);
      expect((await json('can-contract', 'd')).report).toMatchObject({ answer: 'no', totals: { fat: 1 } });
      for (const apply of [[], ['--apply']]) {
        const { code, report } = await json('migrate', 'd', '--store', 'new', ...apply);
        expect([code, report.documents]).toMatchObject([
          1,
          [{ outcome: 'quarantined', generation: 'fat', code: 'SOURCE_COMPRESSED' }],
        ]);
      }
      expect(readFileSync(join(scratch.dir, 'd', name))).toEqual(bytes);
      expect(existsSync(join(scratch.dir, 'new'))).toBe(false);
    },
  );

  it('may stay when its bag is lean', async () => {
    const bag = readFileSync(join(scratch.dir, 'live/a.json'));
    put('d/bag.json.gz', gzipSync(bag));
    expect((await json('can-contract', 'd', '--store', 'store')).report.answer).toBe('yes');
    const { code, report } = await json('migrate', 'd', '--store', 'store', '--apply');
    expect([code, report.documents]).toMatchObject([0, [{ outcome: 'unchanged', generation: 'lean' }]]);
    expect((await json('gc', '--no-journal', '--store', 'store', 'd', '--apply')).report.totals).toMatchObject({
      live: 3,
      deleted: 0,
    });
  });

  it('is copied decompressed by --out, under a name that says so', async () => {
    const bag = readFileSync(join(scratch.dir, 'live/a.json'));
    put('d/bag.json.gz', gzipSync(bag));
    expect((await json('migrate', 'd', '--store', 'store', '--out', 'copies', '--apply')).code).toBe(0);
    expect(readFileSync(join(scratch.dir, 'copies/bag.json'))).toEqual(bag);
  });

  it.each([
    ['is cut off', (bytes: Buffer) => bytes.subarray(0, -20)],
    ['is not gzip', () => Buffer.from(smallBag())],
  ])('makes every gate refuse when it %s', async (_, spoil) => {
    put('d/x.json', LEAN);
    put('d/bag.json.gz', spoil(gzipSync(smallBag())));
    await expectNotProven(['d'], ['GZIP_INVALID']);
  });
});

describe('the place of the store or journal inside a source', () => {
  beforeEach(putOldStore);
  const blobKey = () => blobs().map(({ parentPath, name }) => join(parentPath, name))[0]!;

  it.each(['store/local/paused/a.json', 'store/a.json', 'journal/paused/a.json'])(
    'does not hide a bag from gc and can-contract: %s',
    async (name) => {
      put(name, readFileSync(join(scratch.dir, 'live/a.json')));
      rmSync(join(scratch.dir, 'live'), { recursive: true });
      put('ok.json', LEAN);
      const gc = await json('gc', '.', '--store', 'store', '--journal', 'journal', '--apply');
      expect(gc.report).toMatchObject({ proven: true, totals: { documents: 2, live: 3, deleted: 0 } });
      put(name, smallBag());
      expect((await json('can-contract', '.', '--store', 'store')).report).toMatchObject({
        answer: 'no',
        totals: { fat: 1, documents: 2 },
      });
    },
  );

  it('does not hide a bag from them whose key looks like that of a blob', async () => {
    rmSync(join(scratch.dir, 'live'), { recursive: true });
    put('ok.json', LEAN);
    writeFileSync(blobKey(), smallBag());
    expect((await json('can-contract', '.', '--store', 'store')).report).toMatchObject({
      answer: 'no',
      totals: { fat: 1 },
    });
  });

  it('does not hide a bag from them that has the digest of its bytes as key', async () => {
    const bytes = readFileSync(join(scratch.dir, 'live/a.json'));
    const digest = createHash('sha256').update(bytes).digest('hex');
    rmSync(join(scratch.dir, 'live'), { recursive: true });
    rmSync(join(scratch.dir, 'journal'), { recursive: true });
    put(`paused/bags/${digest}/bag.json`, bytes);
    expect((await json('gc', '--no-journal', '.', '--store', 'store', '--apply')).report.totals).toMatchObject({
      documents: 1,
      live: 3,
      deleted: 0,
    });
  });

  it.each([
    ['named', 'src', []],
    ['named through a link', 'lsrc', []],
    ['beside an older store', 'src', ['old']],
  ])('does not make an emptied source look as if it had documents: %s', async (_, source, more) => {
    mkdirSync(join(scratch.dir, 'src'));
    symlinkSync('src', join(scratch.dir, 'lsrc'));
    for (const name of [...more, 'store'])
      cpSync(join(scratch.dir, 'store'), join(scratch.dir, 'src', name), { recursive: true, preserveTimestamps: true });
    cpSync(join(scratch.dir, 'journal'), join(scratch.dir, 'src/statebag-journal'), { recursive: true });
    const gc = await json('gc', '--no-journal', '--store', 'src/store', source, '--apply');
    expect([gc.code, gc.report]).toMatchObject([
      1,
      { empty: [{ code: 'SOURCE_EMPTY' }], totals: { documents: 0, deleted: 0 } },
    ]);
    const contract = await json('can-contract', source);
    expect([contract.code, contract.report]).toMatchObject([
      1,
      { answer: 'not proven', totals: { documents: 0, foreign: 0 }, inventory: { empty: 1 } },
    ]);
  });

  it('is left out by migrate when a link leads there', async () => {
    mkdirSync(join(scratch.dir, 'src'));
    symlinkSync('src', join(scratch.dir, 'lsrc'));
    put('src/b.json', smallBag());
    await statebag(scratch.dir, ['migrate', 'lsrc', '--store', 'src/store', '--apply', '--journal', 'src/j']);
    expect((await json('migrate', 'lsrc', '--store', 'src/store', '--journal', 'src/j')).report.totals.documents).toBe(
      1,
    );
  });
});

describe('a link that leads nowhere', () => {
  beforeEach(putOldStore);

  it.each([
    [
      'to a file',
      'd',
      (dir: string) => {
        symlinkSync('../disk/x.json', join(dir, 'l.json'));
      },
    ],
    [
      'to a directory',
      'd',
      (dir: string) => {
        symlinkSync('../disk/more', join(dir, 'more'));
      },
    ],
    [
      'with an ending of another kind',
      'd',
      (dir: string) => {
        symlinkSync('gone', join(dir, 'note.txt'));
      },
    ],
    [
      'that a glob matches',
      'd/*',
      (dir: string) => {
        symlinkSync('gone', join(dir, 'l'));
      },
    ],
    [
      'behind which a glob looks for more',
      'd/**/*.json',
      (dir: string) => {
        symlinkSync('gone', join(dir, 'more'));
      },
    ],
    [
      'to itself',
      'd',
      (dir: string) => {
        symlinkSync('self', join(dir, 'self'));
      },
    ],
    [
      'inside a directory that is a link',
      'd',
      (dir: string) => {
        mkdirSync(join(dir, '../elsewhere'));
        symlinkSync('gone', join(dir, '../elsewhere/l'));
        symlinkSync('../elsewhere', join(dir, 'elsewhere'));
      },
    ],
  ])('makes gc and can-contract refuse, and inspect and migrate fail: %s', async (name, source, link) => {
    put('d/x.json', LEAN);
    link(join(scratch.dir, 'd'));
    const code = name === 'to itself' ? 'DISK_ERROR' : 'LINK_DANGLING';
    await expectNotProven([source], [code]);
    for (const args of [
      ['inspect', source],
      ['migrate', source, '--store', 'store', '--apply', '--journal', 'other'],
    ]) {
      const { code: exit, report } = await json(...args);
      expect([exit, report]).toMatchObject([
        1,
        { inventory: { read: 1, unreadable: 1 }, totals: { containersFailed: 0, failed: 0, documents: 1 } },
      ]);
      expect((await statebag(scratch.dir, args)).out).toMatch(/^unreadable +1 /m);
    }
    expect((await statebag(scratch.dir, ['status', '--journal', 'other'])).code).toBe(1);
  });

  it('is passed over where the glob does not look', async () => {
    put('d/x.json', LEAN);
    symlinkSync('gone', join(scratch.dir, 'd', 'more'));
    expect((await json('can-contract', 'd/*.json')).report.answer).toBe('yes');
  });

  it('is told from links to directories on the way, which are followed once', async () => {
    put('up/d/x.json', LEAN);
    put('up/e/y.json', smallBag());
    symlinkSync('..', join(scratch.dir, 'up/d/loop'));
    for (const source of ['up/d', 'up/d/**/*.json']) {
      expect((await json('can-contract', source)).report).toMatchObject({
        answer: 'no',
        totals: { documents: 2, fat: 1 },
        inventory: { unreadable: 0 },
      });
    }
  });

  it('does not hide a directory whose name begins like that of its own', async () => {
    put('disk/more/x.json', LEAN);
    put('disk/more2/y.json', smallBag());
    mkdirSync(join(scratch.dir, 'd'));
    symlinkSync('../disk/more', join(scratch.dir, 'd/more'));
    symlinkSync('../more2', join(scratch.dir, 'disk/more/l'));
    for (const source of ['d', 'd/**/*.json'])
      expect((await json('can-contract', source)).report).toMatchObject({
        answer: 'no',
        totals: { documents: 2, fat: 1 },
      });
  });
});

describe('a name that is not UTF-8', () => {
  beforeEach(putOldStore);
  const rename = (from: string, to: Buffer) => {
    renameSync(join(scratch.dir, from), Buffer.concat([Buffer.from(`${scratch.dir}/`), to]));
  };

  it.each([
    ['a directory', 'd', 'd/sub/bag.json', 'd/sub', Buffer.from('d/sub\xff', 'latin1')],
    [
      'a directory where a glob looks for more',
      'd/**/*.json',
      'd/sub/bag.json',
      'd/sub',
      Buffer.from('d/sub\xff', 'latin1'),
    ],
    ['a file', 'd', 'd/bag.json', 'd/bag.json', Buffer.from('d/bag\xff.json', 'latin1')],
    ['a file that a glob matches', 'd/*', 'd/bag.json', 'd/bag.json', Buffer.from('d/bag\xff.json', 'latin1')],
  ])('makes gc and can-contract refuse: %s', async (_, source, path, from, to) => {
    put('d/x.json', LEAN);
    put(path, smallBag());
    rename(from, to);
    await expectNotProven([source], ['NAME_NOT_UTF8']);
  });

  it('makes gc and can-contract refuse when Node spells it like the name of another directory', async () => {
    put('d/sub\ufffd/x.json', LEAN);
    put('d/sub/bag.json', smallBag());
    rename('d/sub', Buffer.from('d/sub\xff', 'latin1'));
    await expectNotProven(['d'], ['NAME_NOT_UTF8']);
  });

  it('counts as skipped when it is a file of another ending', async () => {
    put('d/x.json', LEAN);
    put('d/note.txt', '');
    rename('d/note.txt', Buffer.from('d/note\xff.txt', 'latin1'));
    expect((await json('can-contract', 'd')).report).toMatchObject({
      answer: 'not proven',
      documents: [{ code: 'NAME_SKIPPED' }],
    });
    expect((await json('gc', '--no-journal', '--store', 'store', 'd')).report).toMatchObject({
      proven: false,
      unreadable: [{ code: 'NAME_NOT_UTF8' }],
    });
  });
});

describe('what is not a file', () => {
  beforeEach(putOldStore);

  it('makes gc and can-contract refuse, and is not waited for', async () => {
    put('d/x.json', LEAN);
    execFileSync('mkfifo', [join(scratch.dir, 'd/p.json')]);
    symlinkSync('p.json', join(scratch.dir, 'd/q.json'));
    await expectNotProven(['d'], ['NOT_A_FILE', 'NOT_A_FILE']);
    await expectNotProven(['d/*'], ['NOT_A_FILE', 'NOT_A_FILE']);
    expect((await json('inspect', 'd')).report).toMatchObject({ inventory: { skipped: 2 }, totals: { documents: 1 } });
  });

  it('is not a directory with the name of a document', async () => {
    put('d/x.json/y.json', LEAN);
    expect((await json('can-contract', 'd')).report).toMatchObject({ answer: 'yes', totals: { documents: 1 } });
  });
});

describe('documents that nothing can be said of', () => {
  const FAT = smallBag();

  it.each([
    ['a list with a bag', `[${FAT}]`, 'NOT_AN_OBJECT'],
    ['JSON text of a bag', JSON.stringify(FAT), 'NOT_AN_OBJECT'],
    ['JSON text of JSON text of a bag', JSON.stringify(JSON.stringify(FAT)), 'NOT_AN_OBJECT'],
    [
      'a bag in JSON text in JSON text below a wrapper',
      JSON.stringify({ Payload: JSON.stringify(JSON.stringify(FAT)) }),
      'BAG_HIDDEN',
    ],
    ['a list of bags below a wrapper', `{"state_data":[${FAT}]}`, 'BAG_HIDDEN'],
    ['a bag below other members', `{"detail":{"event":${FAT}}}`, 'BAG_HIDDEN'],
    ['null', 'null', 'NOT_AN_OBJECT'],
  ])('count as not proven in can-contract: %s', async (_, text, code) => {
    put('d/x.json', text);
    const { code: exit, report } = await json('can-contract', 'd');
    expect([exit, report]).toMatchObject([
      1,
      { answer: 'not proven', documents: [{ code }], totals: { unknown: 1, foreign: 0 } },
    ]);
  });

  it('are not those that only have empty members of the old names, or speak of them', async () => {
    put('d/x.json', '{"a":{"workflow_config":null,"partition_map":[]},"note":"workflow_config is gone"}');
    expect((await json('can-contract', 'd')).report).toMatchObject({ answer: 'yes', totals: { foreign: 1 } });
  });
});

describe('blobs of a store that was not named', () => {
  beforeEach(putOldStore);

  it('are no documents that nothing can be said of', async () => {
    await statebag(scratch.dir, ['migrate', 'live', '--store', 'store', '--apply']);
    expect((await json('can-contract', '.')).report).toMatchObject({
      totals: { unknown: 0 },
      inventory: { skipped: 0 },
    });
  });
});

describe('a gate over a table', () => {
  let state: TableState;
  let server: DynamoDbServer;
  const reach = () => ['--dynamodb-endpoint', server.endpoint, '--region', 'eu-central-1'];

  beforeEach(async () => {
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
    state = new TableState('Tokens');
    server = await startDynamoDbServer({ tables: [state] });
    await putOldStore();
  });
  afterEach(() => server.stop());

  it('refuses an empty table, and an owner that matches nothing', async () => {
    await expectNotProven(['dynamodb://Tokens', ...reach()], ['SOURCE_EMPTY']);
    state.put(pausedRow('one'));
    await expectNotProven(['dynamodb://Tokens?ownerId=typo', ...reach()], ['SOURCE_EMPTY']);
  });

  it('is not success of inspect and migrate either when it is empty, unless --allow-empty is given', async () => {
    for (const args of [
      ['inspect', 'dynamodb://Tokens', ...reach()],
      ['migrate', 'dynamodb://Tokens', ...reach(), '--store', 'store'],
    ]) {
      const { code, report } = await json(...args);
      expect([code, report]).toMatchObject([1, { inventory: { read: 0, empty: 1 } }]);
      expect((await json(...args, '--allow-empty')).code).toBe(0);
    }
  });

  const fat = { S: JSON.stringify(smallBag()) };
  it.each([
    ['binary', { B: Buffer.from(smallBag()) }, 'ATTRIBUTE_NOT_JSON', true],
    ['compressed', { B: gzipSync(smallBag()) }, 'ATTRIBUTE_NOT_JSON', true],
    ['a binary value below a wrapper', { M: { state_data: { B: gzipSync(smallBag()) } } }, 'ATTRIBUTE_NOT_JSON', true],
    ['JSON text of JSON text', fat, 'NOT_AN_OBJECT', false],
    [
      'a list with a bag',
      { L: [{ M: { workflow_config: { M: { nodes: { L: [{ S: 'a' }] } } } } }] },
      'NOT_AN_OBJECT',
      false,
    ],
    ['no JSON', { S: 'H4sIAAAA' }, 'JSON_SYNTAX', true],
  ])('refuses a row whose context is %s', async (_, context, code, hides) => {
    state.put({ ...pausedRow('one'), context });
    const { code: exit, report } = await json('can-contract', 'dynamodb://Tokens', ...reach());
    expect([exit, report]).toMatchObject([1, { answer: 'not proven', documents: [{ code }] }]);
    // The digests in text are found however often it is encoded; those in binary values are not.
    const gc = await json('gc', '--store', 'store', 'dynamodb://Tokens', ...reach(), '--journal', 'journal');
    expect([gc.code, gc.report.proven]).toEqual(hides ? [1, false] : [0, true]);
  });
});

describe('a gate over a bucket', () => {
  let server: S3Server;
  const s3 = () => ['--endpoint', server.endpoint, '--region', 'eu-central-1'];
  const object = (key: string, text: string | Uint8Array) =>
    s3ObjectStore({ endpoint: server.endpoint, region: 'eu-central-1' }).put(
      { bucket: 'docs', key },
      Buffer.from(text),
    );

  beforeEach(async () => {
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
    server = await startS3Server({ buckets: ['docs'] });
    await putOldStore();
  });
  afterEach(() => server.stop());

  it('refuses a prefix whose only object is empty, and one with an empty object', async () => {
    await object('q/export.ndjson', '\n');
    await expectNotProven(['s3://docs/q', ...s3()], ['FILE_EMPTY']);
    await object('r/a', LEAN);
    await object('r/b.JSONL', '');
    await expectNotProven(['s3://docs/r', ...s3()], ['FILE_EMPTY']);
  });

  it('reads objects of every name, and refuses those that are not JSON', async () => {
    await object('q/bag', smallBag());
    await object('q/bag.txt', smallBag());
    expect((await json('can-contract', 's3://docs/q', ...s3())).report).toMatchObject({
      answer: 'no',
      totals: { fat: 2 },
    });
    await object('z/bag.json.zst', '\x28\xb5\x2f\xfd');
    await expectNotProven(['s3://docs/z', ...s3()], ['JSON_SYNTAX']);
  });

  it.each(['bag.json.gz', 'bags.ndjson.gz', 'bag'])(
    'reads an object that is compressed, which migrate quarantines: %s',
    async (name) => {
      const bytes = gzipSync(`${smallBag()}\n`);
      await object(`q/${name}`, bytes);
      expect((await json('can-contract', 's3://docs/q', ...s3())).report).toMatchObject({
        answer: 'no',
        totals: { fat: 1 },
      });
      const { code, report } = await json('migrate', 's3://docs/q', '--store', 'new', '--apply', ...s3());
      expect([code, report.documents]).toMatchObject([1, [{ outcome: 'quarantined', code: 'SOURCE_COMPRESSED' }]]);
    },
  );

  it('refuses when a listing breaks off midway', async () => {
    await object('q/a', LEAN);
    server.inject({ operation: 'ListObjectsV2', kind: 'denied', times: 1000 });
    await expectNotProven(['s3://docs/q', ...s3()], ['STORE_DENIED']);
  });
});

describe('a directory that a glob matches', () => {
  beforeEach(putOldStore);

  it.each(['g/*', 'g/s*', 'g/{s,x.json}*'])('makes gc and can-contract refuse: %s', async (glob) => {
    put('g/x.json', LEAN);
    put('g/sub/bag.json', smallBag());
    await expectNotProven([glob], ['DIRECTORY_SKIPPED']);
  });

  it.each(['g/**', 'g/**/*', '{g,g/*}/*'])(
    'is no reason to refuse where the glob matches the files in it, too: %s',
    async (glob) => {
      put('g/x.json', LEAN);
      put('g/sub/y.json', LEAN);
      expect((await json('can-contract', glob)).report).toMatchObject({
        answer: 'yes',
        totals: { documents: 2 },
        inventory: { skipped: 0 },
      });
    },
  );
});

describe('a digest that is spelled with escapes', () => {
  beforeEach(putOldStore);
  const escaped = (backslashes: string, text: string) =>
    text.replace(/[0-9a-f]{64}/g, (digest) =>
      digest.replace(/./g, (digit) => `${backslashes}u00${digit.charCodeAt(0).toString(16)}`),
    );

  it.each([
    ['once', (text: string) => escaped('\\', text)],
    ['in JSON text inside JSON', (text: string) => JSON.stringify({ Payload: escaped('\\', text) })],
    [
      'in one digit only',
      (text: string) => text.replace(/[0-9a-f]{64}/g, (digest) => escaped('\\', digest).slice(0, 6) + digest.slice(1)),
    ],
  ])('keeps its blobs from gc: %s', async (_, spell) => {
    put('live/a.json', spell(readFileSync(join(scratch.dir, 'live/a.json'), 'utf8')));
    expect((await json('gc', '--no-journal', 'live', '--store', 'store', '--apply')).report.totals).toMatchObject({
      live: 3,
      deleted: 0,
    });
  });
});

describe('a condition that no document matches', () => {
  it('makes inspect and migrate exit with 1, unless --allow-empty is given', async () => {
    put('d/x.json', smallBag());
    for (const args of [
      ['inspect', 'd', '--where', 'ownerId=nobody'],
      ['migrate', 'd', '--store', 'store', '--where', 'ownerId=nobody'],
    ]) {
      expect((await json(...args)).code).toBe(1);
      expect((await json(...args, '--allow-empty')).code).toBe(0);
    }
  });
});
