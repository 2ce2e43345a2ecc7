import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const at = (...parts: readonly string[]) => join(scratch.dir, ...parts);
const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

function put(name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
}

interface Report {
  readonly answer?: string;
  readonly proven?: boolean;
  readonly totals: Readonly<Record<string, number>>;
  readonly unreadable: readonly { readonly code: string }[];
}

async function json(...args: readonly string[]): Promise<Report & { readonly code: number }> {
  const { code, out, err } = await statebag(scratch.dir, [...args, '--json']);
  if (out === '') throw new Error(err);
  return { code, ...(JSON.parse(out) as Report) };
}

const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');
const gc = (...more: readonly string[]) => json('gc', 'q', '--store', 'store', '--apply', ...more);

let lean: string;

/** Old blobs of a bag that was moved away, and a directory `q` that a collection searches. */
beforeEach(async () => {
  put('paused/a.json', smallBag());
  await statebag(scratch.dir, ['migrate', 'paused', '--store', 'store', '--journal', 'j', '--apply']);
  for (const { parentPath, name } of readdirSync(at('store'), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile(),
  ))
    utimesSync(join(parentPath, name), 1_600_000_000, 1_600_000_000);
  lean = readFileSync(at('paused/a.json'), 'utf8');
  rmSync(at('paused'), { recursive: true });
  put('q/o.json', '{"a":1}');
});

describe('gc keeps the blobs of a living bag', () => {
  it('whose file has a link that --ignore names', async () => {
    put('q/z.json', lean);
    symlinkSync('z.json', at('q/a.json'));
    expect((await gc('--no-journal', '--ignore', 'a.json')).totals).toMatchObject({ live: 3, deleted: 0 });
  });

  it('whose directory has a link that --ignore names', async () => {
    put('q/real/bag.json', lean);
    symlinkSync('real', at('q/a_link'));
    for (const pattern of ['q/a_link/', 'q/a_link/*'])
      expect((await gc('--no-journal', '--ignore', pattern)).totals).toMatchObject({ live: 3, deleted: 0 });
  });

  it.each([
    ['a list of bags', () => `[${lean}]`],
    ['a list of its paths', () => JSON.stringify(lean.match(/s3:[^"]+/g))],
    ['a message with the bag as text', () => JSON.stringify({ Records: [{ body: lean }] })],
  ])('in %s whose name is the digest of its bytes', async (_, make) => {
    put(`q/${sha256(make())}.json`, make());
    expect((await gc('--no-journal')).totals).toMatchObject({ live: 3, deleted: 0 });
  });

  it('beside another document a line, in a file whose name is the digest of its bytes', async () => {
    const text = `${lean}\n{"a":1}\n`;
    put(`q/${sha256(text)}`, text);
    expect((await gc('--no-journal')).totals).toMatchObject({ live: 3, deleted: 0 });
  });

  it.each([
    ['with a byte order mark', () => Buffer.from(`\ufeff${lean}`)],
    ['encrypted', () => Buffer.from(lean).map((byte) => byte ^ 0xa5)],
  ])('by deleting nothing when the bag is %s under its digest', async (_, make) => {
    put(`q/${sha256(make())}.json`, make());
    expect(await gc('--no-journal')).toMatchObject({ code: 1, proven: false, totals: { deleted: 0 } });
  });

  it('whose digests are escaped in text that is escaped itself', async () => {
    const inner = JSON.stringify({
      body: lean.replace(/[0-9a-f]{64}/g, (digest) => `\\u00${digest.charCodeAt(0).toString(16)}${digest.slice(1)}`),
    });
    put('q/x.json', inner.replaceAll('\\\\u00', '\\u005cu00'));
    expect((await gc('--no-journal')).totals).toMatchObject({ live: 3, deleted: 0 });
  });

  it.each(['x.json.gz', 'x.ndjson.gz', 'x.gz'])(
    'by deleting nothing when zlib would ignore the end of a file: %s',
    async (name) => {
      put(`q/${name}`, Buffer.concat([gzipSync('{"a":1}\n'), Buffer.from([0]), gzipSync(lean)]));
      expect(await gc('--no-journal')).toMatchObject({
        code: 1,
        proven: false,
        unreadable: [{ code: 'GZIP_INVALID' }],
      });
    },
  );

  it.each<[string, (text: string) => string | Uint8Array]>([
    ['base64 text', (text) => JSON.stringify({ data: base64(text) })],
    ['base64 text of gzip', (text) => JSON.stringify({ data: base64(gzipSync(text)) })],
    ['base64 text in base64 text', (text) => JSON.stringify([{ body: base64(`{"data":"${base64(text)}"}`) }])],
  ])('in %s', async (_, make) => {
    put('q/z.json', make(lean));
    expect((await gc('--no-journal')).totals).toMatchObject({ live: 3, deleted: 0 });
  });

  it.each(['.a.json.statebag.tmp', 'journal.lock'])('in a file with a name of the tool: %s', async (name) => {
    put(`q/${name}`, lean);
    put('q/journal.ndjson', '');
    expect((await gc('--no-journal', '--ignore', 'journal.ndjson')).totals).toMatchObject({
      documents: 1,
      live: 3,
      deleted: 0,
    });
  });

  it('in every member of a compressed file', async () => {
    put('q/x.ndjson.gz', Buffer.concat([gzipSync('{"a":1}\n'), gzipSync(`${lean}\n`)]));
    expect((await gc('--no-journal')).totals).toMatchObject({ live: 3, deleted: 0 });
  });
});

it('gc deletes nothing when the journal of its store was cut off', async () => {
  truncateSync(at('j/journal.ndjson'), 900);
  expect(await gc('--journal', 'j')).toMatchObject({
    ...{ code: 1, proven: false, totals: { deleted: 0 } },
    unreadable: [{ id: at('j'), code: 'JOURNAL_OPEN' }],
  });
});

it('an old bag in a layout of blobs, under the digest of its bytes, is a document for can-contract', async () => {
  put(`d/workflow-configs/o/w/${sha256(smallBag())}/config.json`, smallBag());
  expect(await json('can-contract', 'd')).toMatchObject({ answer: 'no', totals: { fat: 1 } });
});

it('gc deletes nothing when a line of the journal of its store is damaged', async () => {
  put('j/journal.ndjson', readFileSync(at('j/journal.ndjson'), 'utf8').replace('\n', '\n#\n'));
  expect(await gc('--journal', 'j')).toMatchObject({
    ...{ code: 1, proven: false, totals: { deleted: 0 }, inventory: { unreadable: 1 } },
    unreadable: [{ id: at('j'), code: 'JOURNAL_CORRUPT' }],
  });
});

it('gc says that there is no journal when a file is named in place of a directory', async () => {
  const { code, err } = await statebag(scratch.dir, ['gc', 'q', '--store', 'store', '--journal', 'j/journal.ndjson']);
  expect([code, err]).toEqual([2, expect.stringContaining('JOURNAL_MISSING')]);
});

describe('a list of old bags whose name is the digest of its bytes', () => {
  it.each(['can-contract', 'inspect', 'migrate'])('is a document for %s', async (command) => {
    put(`d/${sha256(`[${smallBag()}]`)}.json`, `[${smallBag()}]`);
    const { code } = await json(command, 'd', ...(command === 'migrate' ? ['--store', 'store'] : []));
    expect(code).toBe(1);
  });
});

it('--ignore takes parentheses and ! as they are, and refuses an empty pattern', async () => {
  put('d/bag1.json', smallBag());
  put('d/bag(1).json', '{"a":1}');
  expect(await json('can-contract', 'd', '--ignore', 'bag(1).json')).toMatchObject({ answer: 'no' });
  expect(await json('can-contract', 'd', '--ignore', '!x')).toMatchObject({ answer: 'no' });
  const { code, err } = await statebag(scratch.dir, ['can-contract', 'd', '--ignore', '']);
  expect([code, err]).toEqual([2, expect.stringContaining('USAGE')]);
});

it('status says what --ignore left out, and that such a run does not finish an earlier one', async () => {
  for (const name of ['1', '2', '3']) put(`p/${name}.json`, smallBag({ workflowId: name }));
  await statebag(scratch.dir, ['migrate', 'p', '--store', 's', '--journal', 'k', '--limit', '1', '--apply']);
  await statebag(scratch.dir, ['migrate', 'p', '--store', 's', '--journal', 'k', '--apply', '--ignore', '3.json']);
  const { code, out } = await statebag(scratch.dir, ['status', '--journal', 'k']);
  expect(code).toBe(1);
  expect(out).toMatch(/^stopped early: 2 not started; [^]*^part only: ignore 3\.json of /m);
});
