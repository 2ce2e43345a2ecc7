import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buffers, readChunks, readWhole } from '../../../src/sources/read-file.js';
import { nodeDisk } from '../../../src/sources/disk.js';
import { FileContainer } from '../../../src/sources/files.js';
import { useScratch } from '../../cli/terminal.js';

const scratch = useScratch();

describe('a whole file', () => {
  it.each([0, 1, 400_000, 5_000_000])('of %i bytes is read as it is', async (size) => {
    const path = join(scratch.dir, 'file');
    const content = Buffer.alloc(size, 'abc');
    writeFileSync(path, content);
    expect(Buffer.compare(await readWhole(path), content)).toBe(0);
  });

  it('is read until it ends when its file system reports no size', async () => {
    expect(Buffer.from(await readWhole('/proc/self/environ')).includes('PATH=')).toBe(true);
  });

  it('that is a pipe without a writer, or a device, is an error that says so at once', async () => {
    const path = join(scratch.dir, 'pipe');
    execFileSync('mkfifo', [path]);
    await expect(readWhole(path)).rejects.toMatchObject({
      code: 'FILE_INVALID',
      message: `${path}: it is a pipe, and not a file`,
    });
    await expect(readChunks('/dev/zero')[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'FILE_INVALID',
    });
  });

  it('that is not there, or is a directory, is an error that says so', async () => {
    await expect(readWhole(join(scratch.dir, 'none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(readWhole(scratch.dir)).rejects.toMatchObject({ code: 'FILE_INVALID' });
    await expect(readChunks(scratch.dir)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'FILE_INVALID',
    });
  });
});

it('gives its memory back for the next one', async () => {
  const path = join(scratch.dir, 'bag.json');
  writeFileSync(path, Buffer.alloc(400_000, ' '));
  const memory: ArrayBufferLike[] = [];
  for (let time = 0; time < 2; time++) {
    for await (const { bytes, release } of new FileContainer(path, nodeDisk).documents()) {
      memory.push(bytes.buffer);
      release?.();
    }
  }
  expect(memory[0]).toBe(memory[1]);
  // Taken once only.
  expect(buffers.take(400_000).buffer).not.toBe(buffers.take(400_000).buffer);
});
