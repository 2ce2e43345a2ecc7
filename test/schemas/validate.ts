import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { statebag } from '../cli/terminal.js';
import type { SchemaName } from './read-fixtures.js';

/** What the command says of one fault. */
export interface Issue {
  /** The keyword of the schema that is not satisfied. */
  readonly rule: string;
  readonly message: string;
  readonly hint?: string;
  /** JSON pointer; absent for the document itself. */
  readonly pointer?: string;
}

interface Report {
  readonly documents: readonly { readonly schemas: readonly string[]; readonly issues: readonly Issue[] }[];
}

/** Documents, given as JSON text without line breaks, in one run of the command. */
async function validateTexts(schema: SchemaName | 'auto', texts: readonly string[]): Promise<Report['documents']> {
  const dir = mkdtempSync(join(tmpdir(), 'statebag-schemas-'));
  try {
    writeFileSync(join(dir, 'documents.ndjson'), texts.map((text) => `${text}\n`).join(''));
    const { out } = await statebag(dir, [
      'validate',
      'documents.ndjson',
      '--schema',
      schema,
      '--json',
      '--max-bytes',
      '100000000',
    ]);
    return (JSON.parse(out) as Report).documents;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const textsOf = (documents: readonly unknown[]) => documents.map((document) => JSON.stringify(document));

/** The faults of each document. */
export async function validateAll(
  schema: SchemaName,
  documents: readonly unknown[],
): Promise<readonly (readonly Issue[])[]> {
  return (await validateTexts(schema, textsOf(documents))).map(({ issues }) => issues);
}

/** The schema that the members of each document decide, if any. */
export async function detectSchemas(documents: readonly unknown[]): Promise<readonly (string | undefined)[]> {
  return (await validateTexts('auto', textsOf(documents))).map(({ schemas }) => schemas[0]);
}
