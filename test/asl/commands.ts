import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { statebag } from '../cli/terminal.js';
import type { Ran } from '../cli/terminal.js';

/** What `statebag asl` finds in one place of a definition. */
export interface Finding {
  readonly rule: string;
  readonly level: 'error' | 'warning';
  readonly message: string;
  readonly hint?: string;
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly pointer?: string;
}

interface Report {
  readonly documents: readonly {
    readonly file: string;
    readonly issues: readonly Omit<Finding, 'file'>[];
    /** Of a patch alone. */
    readonly changed?: boolean;
  }[];
}

type Content = string | Uint8Array;

type Speaks = 'lean' | 'fat';

/** Content by name. */
type Files = Readonly<Record<string, Content>>;

/**
 * What `statebag asl check` finds in a file with this name. What cannot be read as a definition is one finding, whose
 * rule is a code.
 */
export async function findingsIn(content: Content, file: string): Promise<readonly Finding[]> {
  return (await checkAll({ [file]: content })).get(file)!;
}

/** A file with this name after `statebag asl patch --apply`, and what the patch says is left to find. */
export async function patchDefinition(
  content: Content,
  file: string,
  speaks: Speaks = 'lean',
): Promise<{ readonly patched: Buffer; readonly findings: readonly Finding[] }> {
  const all = await patchAll({ [file]: content }, speaks);
  return all.get(file)!;
}

/** What `statebag asl check` finds in each of some files. */
export function checkAll(files: Files): Promise<ReadonlyMap<string, readonly Finding[]>> {
  return inFiles(files, async (dir) => {
    return findingsOf(await statebag(dir, ['asl', 'check', '--json', ...Object.keys(files)]));
  });
}

/** Rule, file and column of what is found when some of the files are named. */
export function checkFiles(
  files: Files,
  named: readonly string[],
): Promise<{ readonly out: string; readonly code: number; readonly documents: readonly unknown[] }> {
  return inFiles(files, async (dir) => {
    const { code, out } = await statebag(dir, ['asl', 'check', '--json', ...named]);
    const { documents } = JSON.parse(out) as { readonly documents: readonly NamedDocument[] };
    return {
      out,
      code,
      documents: documents.map(({ file, issues }) => [
        file,
        issues.map((issue) => [issue.rule, issue.file ?? file, issue.column]),
      ]),
    };
  });
}

interface NamedDocument {
  readonly file: string;
  readonly issues: readonly { readonly rule: string; readonly file?: string; readonly column?: number }[];
}

/**
 * The same for some files. Patches them twice, since the second time must find nothing to change.
 */
export function patchAll(
  files: Files,
  speaks: Speaks = 'lean',
): Promise<ReadonlyMap<string, { readonly patched: Buffer; readonly findings: readonly Finding[] }>> {
  const names = Object.keys(files);
  const patch = ['asl', 'patch', '--speaks', speaks, '--json', ...names];
  return inFiles(files, async (dir) => {
    const findings = findingsOf(await statebag(dir, [...patch, '--apply']));
    const { documents } = JSON.parse((await statebag(dir, patch)).out) as Report;
    expect(documents.filter(({ changed }) => changed)).toEqual([]);
    return new Map(
      names.map((name) => [name, { patched: readFileSync(join(dir, name)), findings: findings.get(name)! }]),
    );
  });
}

/** The difference that `statebag asl patch` shows without `--apply`. */
export function diffOf(content: Content, file: string): Promise<string> {
  return inFiles({ [file]: content }, async (dir) => (await statebag(dir, ['asl', 'patch', file])).out);
}

async function inFiles<T>(files: Files, work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'statebag-asl-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), content);
    }
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function findingsOf({ code, out, err }: Ran): ReadonlyMap<string, readonly Finding[]> {
  if (code > 1) throw new Error(`statebag asl ended with exit code ${code}: ${err}`);
  const { documents } = JSON.parse(out) as Report;
  expect(code).toBe(documents.some(({ issues }) => issues.some(({ level }) => level === 'error')) ? 1 : 0);
  return new Map(documents.map(({ file, issues }) => [file, issues.map((issue): Finding => ({ ...issue, file }))]));
}
