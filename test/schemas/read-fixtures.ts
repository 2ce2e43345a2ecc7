import { readFileSync, readdirSync } from 'node:fs';
/** The schemas that the package publishes. */
export const SCHEMA_NAMES = [
  'journal.v1',
  'plan.v1',
  'pointers.v1',
  'segment-manifest.v1',
  'state-bag.fat',
  'state-bag.v2',
] as const;

export type SchemaName = (typeof SCHEMA_NAMES)[number];

const FIXTURES = new URL('./fixtures/', import.meta.url);

/** What an invalid fixture must be blamed for. */
export interface ExpectedIssue {
  readonly pointer: string;
  readonly keyword: string;
  readonly member?: string;
}

export interface Fixture {
  readonly schema: SchemaName;
  /** The file or folder name, which is a sentence. */
  readonly name: string;
  readonly document: unknown;
  /** Empty for a valid one. */
  readonly issues: readonly ExpectedIssue[];
}

/** All fixtures of a schema: `valid/<sentence>.json` and `invalid/<sentence>/{document,issues}.json`. */
export function readFixtures(schema: SchemaName): Fixture[] {
  const valid = namesIn(`${schema}/valid/`).map((file) => ({
    schema,
    name: file.replace(/\.json$/, ''),
    document: readJson(`${schema}/valid/${file}`),
    issues: [],
  }));
  const invalid = namesIn(`${schema}/invalid/`).map((name) => ({
    schema,
    name,
    document: readJson(`${schema}/invalid/${name}/document.json`),
    issues: readJson(`${schema}/invalid/${name}/issues.json`) as ExpectedIssue[],
  }));
  return [...valid, ...invalid];
}

function namesIn(folder: string): string[] {
  return readdirSync(new URL(folder, FIXTURES)).sort();
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, FIXTURES), 'utf8'));
}
