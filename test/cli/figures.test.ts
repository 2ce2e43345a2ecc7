import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endEntry, migrated, runEntry, writeJournal } from './journal-file.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

/** The figures that `status` gives of a journal with one migrated document, by their names. */
async function figuresOf(before: number, after: number, blobsWritten = 0): Promise<ReadonlyMap<string, string>> {
  writeJournal(join(scratch.dir, 'journal'), [
    runEntry(),
    ...migrated('doc', before, after, { blobsWritten }),
    endEntry(),
  ]);
  const { out } = await statebag(scratch.dir, ['status', '--journal', 'journal']);
  return new Map(
    out.split('\n').flatMap((line) => {
      const [, name, figure] = /^ *(\S.*?) {2,}(\S.*?) *$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, figure!.replace(/ {2,}/, ' | ')] as const];
    }),
  );
}

describe('figures for people', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567, '1,234,567'],
  ])('count %d blobs as %s', async (count, text) => {
    expect((await figuresOf(1, 1, count)).get('blobs written')).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [371_200, '371.2 KB'],
    [5e15, '5000.0 TB'],
  ])('give %d bytes as %s', async (bytes, text) => {
    expect((await figuresOf(bytes, bytes)).get('bytes before')).toBe(`${text} | of migrated documents`);
  });

  it('give what a workflow has grown by with a minus', async () => {
    writeJournal(join(scratch.dir, 'journal'), [runEntry(), ...migrated('doc', 1_000, 2_501_000), endEntry()]);
    const { out } = await statebag(scratch.dir, ['report', '--journal', 'journal', '--html', '-']);
    expect(out).toContain('>-2.5 MB<');
  });

  it.each([
    [371, 120, '120 B | -67.7 %'],
    [100, 150, '150 B | +50.0 %'],
    [0, 10, '10 B'],
    [7, 7, '7 B'],
  ])('give the change from %d to %d bytes in percent, if there is one', async (before, after, text) => {
    expect((await figuresOf(before, after)).get('bytes after')).toBe(text);
  });
});
