import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../schemas/generate.mjs', import.meta.url));
const inPlace = fileURLToPath(new URL('../../schemas/generated/', import.meta.url));

function generate(out: string): void {
  execFileSync(process.execPath, [script, '--out', out], { cwd: tmpdir() });
}

function readAll(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(
    paths.map((path) => [path.slice(folder.length).replace(/^\//, ''), readFileSync(path, 'utf8')]),
  );
}

describe('generating from the schemas', () => {
  let out: string;
  let first: Record<string, string>;

  beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), 'statebag-generate-'));
    generate(out);
    first = readAll(out);
  });
  afterAll(() => {
    rmSync(out, { recursive: true });
  });

  it('gives the same bytes again', () => {
    const again = mkdtempSync(join(tmpdir(), 'statebag-generate-'));
    generate(again);
    expect(readAll(again)).toEqual(first);
    rmSync(again, { recursive: true });
  });

  it('gives what the tests run against', () => {
    expect(readAll(inPlace)).toEqual(first);
  });

  it('leaves equal files alone and no half-written ones behind', () => {
    const path = join(out, 'validators.ts');
    const { ino, mtimeMs } = statSync(path);
    generate(out);
    expect(statSync(path)).toMatchObject({ ino, mtimeMs });
    expect(Object.keys(readAll(out)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('makes validators that load nothing at run time', () => {
    const modules = Object.entries(first).filter(([name]) => name.startsWith('validators/'));
    expect(modules.length).toBeGreaterThan(0);
    for (const [, text] of modules) {
      expect(text).not.toMatch(/\brequire\(|\bnew Function\b|\beval\(/);
      expect(text.match(/^import (?!type ).*$/gm)).toBeNull();
    }
  });

  it('leaves the prose of the schemas out of the compiled code', () => {
    expect(first['validators/state-bag.v2.ts']).not.toContain('"description"');
    expect(first['validators/state-bag.v2.ts']).not.toContain('"examples"');
  });
});
