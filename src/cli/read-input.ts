import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { diskError } from '../sources/disk.js';
import { ConfigError } from '../errors/index.js';
import type { CliIo } from './io.js';

/** All of one file, or of standard input for `-`. Throws `ConfigError` `SOURCE_NOT_FOUND`. */
export async function readInput(spec: string, io: CliIo): Promise<Uint8Array> {
  if (spec === '-') return readAll(io.stdin);
  const path = resolve(io.cwd, spec);
  try {
    return await readFile(path);
  } catch (error) {
    throw new ConfigError('SOURCE_NOT_FOUND', diskError(path, error).message, { cause: error });
  }
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
