import { byteReader, readDocument } from '../../bag/byte-reader.js';
import type { ByteValue } from '../../bag/byte-reader.js';
import { detect } from '../../bag/detect.js';
import type { BagSite } from '../../bag/detect.js';
import type { BlobReader } from '../../bag/follow.js';
import type { ValidationIssue } from '../../bag/validate/validation-issue.js';
import type { SourceDocument } from '../../batch/source.js';
import { BagError } from '../../errors.js';
import { placeOf } from './byte-place.js';
import { checkPointers } from './check-pointers.js';
import { plainValue } from './plain-value.js';
import type { Checker, SchemaChoice } from './schema-choice.js';
import type { LocatedIssue, Verdict } from './verdict.js';

export interface CheckSettings {
  /** One schema for all, or one by the looks of each. */
  readonly schema: Checker | SchemaChoice;
  /** Bytes that a lean document may have; of any document when `isBudgetAsked`. */
  readonly maxBytes: number;
  readonly isBudgetAsked: boolean;
  /** With it, pointers are followed. */
  readonly blobs: BlobReader | undefined;
}

/** Holds a document against its schema. What is no JSON is an invalid document too; a `ConfigError` is thrown. */
export async function checkDocument(document: SourceDocument, file: string, settings: CheckSettings): Promise<Verdict> {
  const { id, line, bytes } = document;
  const { schemas, issues } = await findIssues(bytes, settings);
  const located = line === undefined ? issues : issues.map((issue) => ({ ...issue, line }));
  return { id, file, schemas, valid: issues.length === 0, issues: located };
}

interface Found {
  readonly schemas: readonly string[];
  readonly issues: readonly LocatedIssue[];
}

async function findIssues(bytes: Uint8Array, settings: CheckSettings): Promise<Found> {
  try {
    const root = readDocument(bytes);
    const { sites } = detect(byteReader, root);
    const { schemas, issues } = checkSchemas(root, sites, settings.schema);
    const dead = settings.blobs ? await checkPointers(root, sites, settings.blobs) : [];
    const isCounted = settings.isBudgetAsked || schemas.includes('state-bag.v2');
    return { schemas, issues: [...issues, ...dead, ...(isCounted ? checkBudget(bytes, settings.maxBytes) : [])] };
  } catch (error) {
    if (!(error instanceof BagError)) throw error;
    const { line = 1, column = 1 } = error.context as { readonly line?: number; readonly column?: number };
    return { schemas: [], issues: [{ pointer: '', keyword: error.code, message: `${error.message}.`, line, column }] };
  }
}

function checkSchemas(root: ByteValue, sites: readonly BagSite<ByteValue>[], choice: CheckSettings['schema']): Found {
  const wholly = typeof choice !== 'function' && !choice.isAboutBags;
  const subjects = wholly || sites.length === 0 ? [{ path: [], value: root }] : sites;
  const found = subjects.map(({ path, value }) => checkSubject(root, path, plainValue(value), choice));
  return { schemas: found.flatMap(({ schemas }) => schemas), issues: found.flatMap(({ issues }) => issues) };
}

function checkSubject(root: ByteValue, path: readonly string[], value: unknown, choice: CheckSettings['schema']): Found {
  const checker = typeof choice === 'function' ? choice(value) : choice;
  const issues = checker ? checker.check(value) : [UNKNOWN];
  return { schemas: checker ? [checker.name] : [], issues: issues.map((issue) => atPath(root, path, issue)) };
}

const UNKNOWN: ValidationIssue = {
  pointer: '',
  keyword: 'SCHEMA_UNKNOWN',
  message: 'No schema of the project recognises this document.',
  hint: 'Say what it is meant to be with --schema.',
};

function atPath(root: ByteValue, path: readonly string[], issue: ValidationIssue): LocatedIssue {
  const pointer = path.map((name) => `/${name}`).join('') + issue.pointer;
  return { ...issue, pointer, ...placeOf(root, pointer) };
}

function checkBudget(bytes: Uint8Array, maxBytes: number): readonly LocatedIssue[] {
  if (bytes.length <= maxBytes) return [];
  const message = `The document has ${bytes.length} bytes, more than the ${maxBytes} that it may have.`;
  return [{ pointer: '', keyword: 'maxBytes', message, hint: 'Step Functions takes 262,144 bytes of UTF-8.', line: 1, column: 1 }];
}
