import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { statebag } from '../../cli/terminal.js';
import { bag, bags, raggedLines } from '../bags.js';
import { CommandWorld, run, runRollback, runVerify } from '../command-world.js';
import { digests } from '../scratch.js';

/** A bag on one line: every line is migrated, so that the whole file is written again. */
const SMALL = bag().toString();
const isMigrated = (line: string) => line.includes('"state_bag_version":2');

/** Standard input comes in the chunks that it is given in; `-` is read as lines when the first line is a document. */
async function fromStdin(chunks: readonly Uint8Array[]) {
  const world = await CommandWorld.with({});
  const stdin = (async function* () {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  })();
  const line = ['migrate', '-', ...world.store, '--journal', 'journal', '--apply', '--out', 'out.ndjson', '--json'];
  const { out } = await statebag(world.directory, line, { stdin });
  const { documents } = JSON.parse(out) as { readonly documents: readonly { readonly id: string }[] };
  return { ids: documents.map(({ id }) => id), text: readFileSync(join(world.directory, 'out.ndjson'), 'latin1') };
}

/** Pieces of a text, cut where it is told. */
function piecesOf(text: string, cuts: readonly number[]): readonly Uint8Array[] {
  const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
  return places.slice(1).map((end, index) => Buffer.from(text.slice(places[index], end), 'latin1'));
}

it('migrate reads the same lines from standard input wherever its chunks are cut', async () => {
  const part = fc.constantFrom('{}', '\n', '\r\n', '{"a":1}\n', ' ', '\n{}\r\n');
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { maxLength: 30 }).map((parts) => `{"first":1}\n{"second":2}\n${parts.join('')}`),
      fc.array(fc.nat(90), { maxLength: 8 }),
      async (whole, cuts) => {
        const { ids, text } = await fromStdin(piecesOf(whole, cuts));
        const lines = whole.split('\n').flatMap((line, at) => (line.trim() === '' ? [] : [`-#L${at + 1}`]));
        if (whole.split('\n').every((line) => /^\s*({[^}]*})?\s*$/.test(line))) expect(text).toBe(whole);
        expect(ids).toEqual(lines);
      },
    ),
    { numRuns: 40 },
  );
});

it('migrate writes each line as it was read, when lines are longer than a chunk of a file', async () => {
  const fill = (length: number, letter: string) => `{"fill":"${letter.repeat(length)}"}\n`;
  const lines = [70_000, 1, 300_000, 65_536, 900_000, 5, 262_144].map((length, at) => fill(length, 'abcdefg'[at]!));
  const text = `${lines.join('')}${SMALL}\n${lines.toReversed().join('')}`;
  const world = await CommandWorld.with({ 'a.ndjson': Buffer.from(text) });
  expect((await run(world)).totals).toMatchObject({ documents: 15, migrated: 1, unchanged: 14 });
  const written = world.read('a.ndjson').toString().split('\n');
  expect(isMigrated(written[7]!)).toBe(true);
  expect(written.with(7, SMALL).join('\n')).toBe(text);
});

it('migrate reads a line of 40 MB, in many small chunks, in time proportional to its length', async () => {
  const chunk = Buffer.alloc(1024, 0x61);
  const line = [Buffer.from('{"a":1}\n{"fill":"'), ...Array.from({ length: 40_000 }, () => chunk), Buffer.from('"}\n')];
  const { ids, text } = await fromStdin(line);
  expect(ids).toEqual(['-#L1', '-#L2']);
  expect(text.length).toBe(8 + 9 + 40_000 * 1024 + 3);
});

it.each([
  ['LF', '{"a":1}\nBAG\n', [1, 2]],
  ['CRLF', '{"a":1}\r\nBAG\r\n', [1, 2]],
  ['no end of the last line', '{"a":1}\nBAG', [1, 2]],
  ['blank lines before, between and after', '\n\n{"a":1}\n \t\r\n\nBAG\n\n  \n', [3, 6]],
  ['a lone CR, which is white space', 'BAG\r{"b":2}\n', [1]],
  ['nothing', '', []],
  ['only blank lines', '\n\r\n  \n', []],
  ['blanks without an end', '   ', []],
])('migrate keeps every byte around the documents of a file: %s', async (_, form, numbers) => {
  const world = await CommandWorld.with({ 'a.ndjson': Buffer.from(form.replace('BAG', SMALL)), 'b.json': bag() });
  const { outcomes } = await run(world);
  const own = outcomes.filter(({ id }) => id.includes('a.ndjson'));
  expect(own.map(({ id }) => id)).toEqual(numbers.map((number) => `${join(world.source, 'a.ndjson')}#L${number}`));
  const text = world.read('a.ndjson').toString();
  if (form.includes('BAG\r{')) {
    expect(own[0]).toMatchObject({ outcome: 'quarantined' });
    expect(text).toBe(form.replace('BAG', SMALL));
    return;
  }
  const migrated = text.split(/\r?\n/).find(isMigrated);
  expect(migrated === undefined).toBe(numbers.length === 0);
  expect(text.replace(migrated ?? '', form.includes('BAG') ? 'BAG' : '')).toBe(form);
});

const lines = bags(['pre', 'foreign', 'bare', 'lean', 'run-step', 'dict-map']);

it.each([
  ['ragged', raggedLines(lines)],
  ['CRLF throughout', Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\r\n')]))],
  ['blank lines at the end', Buffer.concat([raggedLines(lines), Buffer.from('\n\n\r\n ')])],
  ['a bad line in the middle', Buffer.concat([lines[0]!, Buffer.from('\n{"broken\n'), lines[2]!])],
  [
    'the first that changes comes late',
    Buffer.concat([Buffer.from('{}\n'.repeat(300)), lines[0]!, Buffer.from('\n{}')]),
  ],
])('migrate rewrites single lines, and rollback restores every byte: %s', async (_, bytes) => {
  const world = await CommandWorld.with({ 'a.ndjson': bytes });
  const { outcomes } = await run(world, { concurrency: 4 });
  expect(outcomes.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  const text = readFileSync(join(world.source, 'a.ndjson'));
  expect(
    text
      .toString('latin1')
      .split('\n')
      .map((line) => line.endsWith('\r')),
  ).toEqual(
    bytes
      .toString('latin1')
      .split('\n')
      .map((line) => line.endsWith('\r')),
  );
  expect((await runVerify(world)).every(({ outcome }) => outcome === 'verified')).toBe(true);
  await runRollback(world);
  expect(readFileSync(join(world.source, 'a.ndjson')).equals(bytes)).toBe(true);
});

it('migrate and rollback handle a line of many megabytes among small ones', async () => {
  const large = bags(['pre'], {
    size: { configBytes: 20_000_000, mapBytes: 100_000, stateBytes: 400, controlBytes: 1200, segments: 4, nodes: 4 },
  })[0]!;
  const bytes = raggedLines([lines[0]!, large, lines[2]!]);
  const world = await CommandWorld.with({ 'a.ndjson': bytes });
  const { totals } = await run(world, { concurrency: 2 });
  expect(totals).toMatchObject({ documents: 3, migrated: 3 });
  expect(totals.bytesAfter).toBeLessThan(100_000);
  await runRollback(world);
  expect(readFileSync(join(world.source, 'a.ndjson')).equals(bytes)).toBe(true);
});

it('migrate leaves a file without documents', async () => {
  const world = await CommandWorld.with({
    'a.ndjson': Buffer.from(''),
    'b.ndjson': Buffer.from('\n \n'),
    'c.json': bag(),
  });
  const before = digests(await world.documents());
  const { totals } = await run(world);
  expect(totals).toMatchObject({ documents: 1, migrated: 1 });
  const after = digests(await world.documents());
  expect(Object.keys(before).filter((name) => before[name] !== after[name])).toEqual(['c.json']);
});

it('rollback restores single lines when others have changed since', async () => {
  const world = await CommandWorld.with({ 'a.ndjson': raggedLines(bags(['pre', 'bare', 'run-step'])) });
  await run(world);
  const path = join(world.source, 'a.ndjson');
  const migrated = readFileSync(path, 'latin1').split('\n');
  const moved = migrated
    .map((line, at) => (at === 2 ? line.replace('"loop_counter":', '"loop_counter": ') : line))
    .join('\n');
  writeFileSync(path, moved, 'latin1');
  const outcomes = await runRollback(world);
  expect(outcomes.map(({ outcome, code }) => code ?? outcome)).toEqual([
    'rolled-back',
    'DOCUMENT_MOVED',
    'rolled-back',
  ]);
  const now = readFileSync(path, 'latin1').split('\n');
  expect(now[2]).toBe(moved.split('\n')[2]);
  expect(now[1]).toBe(
    raggedLines(bags(['pre', 'bare', 'run-step']))
      .toString('latin1')
      .split('\n')[1],
  );
});
