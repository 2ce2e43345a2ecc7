import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Target } from '../../migrations/index.js';

const FIXTURES = fileURLToPath(new URL('../fixtures/bags/', import.meta.url));

/** What must become of a bag: bytes (those of the input when it is to stay), or the code of an error. */
export type Expected = { readonly bytes: Buffer } | { readonly code: string };

export interface BagFixture {
  /** The folder, a sentence. */
  readonly name: string;
  readonly input: Buffer;
  /** Objects by `bucket/key`. */
  readonly objects: Readonly<Record<string, Buffer>>;
  readonly expected: Readonly<Record<Target, Expected>>;
}

/**
 * A folder holds `input.json`, `store/<bucket>/<key>` and, for each target, `<target>.json` or a line in `error.txt`.
 */
export function readFixtures(): readonly BagFixture[] {
  return readdirSync(FIXTURES)
    .sort()
    .map((name) => {
      const folder = join(FIXTURES, name);
      return {
        name,
        input: readFileSync(join(folder, 'input.json')),
        objects: readObjects(join(folder, 'store')),
        expected: { lean: readExpected(folder, 'lean'), bridge: readExpected(folder, 'bridge') },
      };
    });
}

function readObjects(folder: string): Record<string, Buffer> {
  if (!existsSync(folder)) return {};
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path)];
    }),
  );
}

function readExpected(folder: string, target: Target): Expected {
  const file = join(folder, `${target}.json`);
  return existsSync(file)
    ? { bytes: readFileSync(file) }
    : { code: readCodes(folder)[target] ?? 'nothing is expected yet' };
}

function readCodes(folder: string): Partial<Record<string, string>> {
  const file = join(folder, 'error.txt');
  if (!existsSync(file)) return {};
  return Object.fromEntries(
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(': ') as [string, string]),
  );
}

/** Replaces the expectations of a fixture; to be read before they are believed. */
export function writeExpected(name: string, expected: BagFixture['expected']): void {
  const folder = join(FIXTURES, name);
  for (const file of ['lean.json', 'bridge.json', 'error.txt']) rmSync(join(folder, file), { force: true });
  const codes = Object.entries(expected).flatMap(([target, outcome]) => {
    if ('code' in outcome) return [`${target}: ${outcome.code}\n`];
    writeFileSync(join(folder, `${target}.json`), outcome.bytes);
    return [];
  });
  if (codes.length > 0) writeFileSync(join(folder, 'error.txt'), codes.join(''));
}
