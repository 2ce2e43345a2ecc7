import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nodeDisk } from '../../../src/batch/disk.js';
import { COPIES, isBlank, readLines, writeFramed } from '../../../src/batch/sources/lines.js';
import { NdjsonContainer } from '../../../src/batch/sources/ndjson.js';
import { bag, bags, raggedLines } from '../bags.js';
import { run, runRollback, runVerify } from '../workbench.js';
import { digests, temporaryDirectory, World } from '../world.js';

async function linesOf(
  chunks: Iterable<Uint8Array>,
  memory?: typeof COPIES,
): Promise<{ text: string; ending: string }[]> {
  const lines = [];
  for await (const { bytes, ending } of readLines(chunks, memory))
    lines.push({ text: Buffer.from(bytes).toString('latin1'), ending: Buffer.from(ending).toString('latin1') });
  return lines;
}

it('cuts lines the same wherever the chunks are cut', async () => {
  const text = fc
    .array(fc.constantFrom('a', '{}', '\n', '\r\n', '\r', ' '), { maxLength: 40 })
    .map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(60), { maxLength: 8 }), async (whole, cuts) => {
      const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
      const chunks = places.slice(1).map((end, index) => Buffer.from(whole.slice(places[index], end), 'latin1'));
      const lines = await linesOf(chunks);
      expect(lines.map((line) => line.text + line.ending).join('')).toBe(whole);
      expect(lines.every((line) => !line.text.includes('\n') && ['\n', '\r\n', ''].includes(line.ending))).toBe(true);
      expect(lines.slice(0, -1).every((line) => line.ending !== '')).toBe(true);
    }),
  );
});

it('keeps nothing of a chunk that is written over when the next one comes', async () => {
  const line = fc
    .tuple(fc.nat(70_000), fc.constantFrom('a', 'b', 'c'))
    .map(([length, letter]) => `${letter.repeat(length)}\n`);
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.integer({ min: 1, max: 50_000 }), async (lines, size) => {
      const text = Buffer.from(lines.join(''));
      const found = await linesOf(inOneChunk(text, size), COPIES);
      expect(found.map(({ text: line, ending }) => line + ending)).toEqual(lines);
    }),
    { numRuns: 40 },
  );
});

function* inOneChunk(text: Uint8Array, size: number): Iterable<Uint8Array> {
  const chunk = new Uint8Array(size);
  for (let at = 0; at < text.length; at += size) {
    chunk.set(text.subarray(at, at + size));
    yield chunk.subarray(0, Math.min(size, text.length - at));
    chunk.fill(0x7a);
  }
}

it('takes time in proportion to a line, however many chunks it comes in', async () => {
  const chunk = Buffer.alloc(1024, 0x61);
  const chunks = Array.from({ length: 40_000 }, () => chunk);
  const [line] = await linesOf(chunks);
  expect(line!.text.length).toBe(chunk.length * chunks.length);
});

async function read(text: string) {
  const path = join(temporaryDirectory(), 'a.ndjson');
  writeFileSync(path, text, 'latin1');
  const container = new NdjsonContainer(path, nodeDisk);
  const documents = [];
  for await (const document of container.documents()) documents.push(document);
  const written: Uint8Array[] = [];
  for (const document of documents)
    await writeFramed(document, document.bytes, (whole) => Promise.resolve(void written.push(Uint8Array.from(whole))));
  return { documents, whole: Buffer.concat([...written, container.tail]).toString('latin1') };
}

it.each([
  ['LF', '{"a":1}\n{"b":2}\n', [1, 2]],
  ['CRLF', '{"a":1}\r\n{"b":2}\r\n', [1, 2]],
  ['no end of the last line', '{"a":1}\n{"b":2}', [1, 2]],
  ['blank lines before, between and behind', '\n\n{"a":1}\n \t\r\n\n{"b":2}\n\n  \n', [3, 6]],
  ['a lone CR, which is white space', '{"a":1}\r{"b":2}\n', [1]],
  ['nothing', '', []],
  ['only blank lines', '\n\r\n  \n', []],
  ['blanks without an end', '   ', []],
])('keeps every byte around the documents: %s', async (_, text, numbers) => {
  const { documents, whole } = await read(text);
  expect(whole).toBe(text);
  expect(documents.map(({ line }) => line)).toEqual(numbers);
  expect(documents.every(({ id, line, bytes }) => id.endsWith(`.ndjson#L${line}`) && !isBlank(bytes))).toBe(true);
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
])('is migrated line by line and given back to the byte: %s', async (_, bytes) => {
  const world = await World.with({ 'a.ndjson': bytes });
  const { outcomes } = await run(world, {}, { concurrency: 4 });
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

it('takes a line of many megabytes among small ones', async () => {
  const large = bags(['pre'], {
    size: { configBytes: 20_000_000, mapBytes: 100_000, stateBytes: 400, controlBytes: 1200, segments: 4, nodes: 4 },
  })[0]!;
  const bytes = raggedLines([lines[0]!, large, lines[2]!]);
  const world = await World.with({ 'a.ndjson': bytes });
  const { totals } = await run(world, {}, { concurrency: 2 });
  expect(totals).toMatchObject({ documents: 3, migrated: 3 });
  expect(totals.bytesAfter).toBeLessThan(100_000);
  await runRollback(world);
  expect(readFileSync(join(world.source, 'a.ndjson')).equals(bytes)).toBe(true);
});

it('leaves a file with nothing in it alone', async () => {
  const world = await World.with({ 'a.ndjson': Buffer.from(''), 'b.ndjson': Buffer.from('\n \n'), 'c.json': bag() });
  const before = digests(await world.documents());
  const { totals } = await run(world);
  expect(totals).toMatchObject({ documents: 1, migrated: 1 });
  const after = digests(await world.documents());
  expect(Object.keys(before).filter((name) => before[name] !== after[name])).toEqual(['c.json']);
});

it('rolls back single lines when others have moved on', async () => {
  const world = await World.with({ 'a.ndjson': raggedLines(bags(['pre', 'bare', 'run-step'])) });
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
