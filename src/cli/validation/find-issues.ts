import { byteReader, readDocument } from '../../bag/byte-reader.js';
import type { ByteValue } from '../../bag/byte-reader.js';
import { assertOwned, detect } from '../../bag/detect.js';
import type { BagSite } from '../../bag/detect.js';
import type { BlobReader } from '../../bag/follow.js';
import { inlineSizeIssues } from '../../bag/validate/inline-size.js';
import type { ValidationIssue } from '../../bag/validate/validation-issue.js';
import { BagError } from '../../errors.js';
import type { FindingLevel } from '../../findings/finding.js';
import { locateAll } from '../../json/index.js';
import { offsetOf } from './byte-place.js';
import { checkPointers } from './check-pointers.js';
import type { Found, Issue, LocatedIssue } from './issue.js';
import { plainValue } from './plain-value.js';
import { LEAN } from './schema-choice.js';
import type { SchemaChoice } from './schema-choice.js';

/** Everything that is wrong with a document, with its place in the bytes. What is no JSON has one issue, that. */
export async function findIssues(bytes: Uint8Array, choice: SchemaChoice, blobs: BlobReader | undefined): Promise<Found> {
  try {
    const root = readDocument(bytes);
    const detection = detect(byteReader, root);
    if (choice.isAboutBags) assertOwned(byteReader, detection);
    const { sites } = detection;
    const { schemas, issues } = await checkSchemas(root, sites, choice);
    const dead = blobs ? await checkPointers(sites, blobs) : [];
    return { schemas, issues: locateIssues(root, [...issues, ...dead]) };
  } catch (error) {
    if (!(error instanceof BagError)) throw error;
    return { schemas: [], issues: [unreadable(error)] };
  }
}

function unreadable({ code, message, context }: BagError): LocatedIssue {
  const { line = 1, column = 1 } = context as { readonly line?: number; readonly column?: number };
  return { pointer: '', rule: code, level: 'error', message: `${message}.`, line, column };
}

function locateIssues(root: ByteValue, issues: readonly Issue[]): readonly LocatedIssue[] {
  const places = locateAll(root.document.bytes, issues.map(({ pointer }) => offsetOf(root, pointer)));
  return issues.map((issue, index) => ({ ...issue, ...places[index]! }));
}

interface Checked {
  readonly schemas: readonly string[];
  readonly issues: readonly Issue[];
}

async function checkSchemas(root: ByteValue, sites: readonly BagSite<ByteValue>[], choice: SchemaChoice): Promise<Checked> {
  const subjects = !choice.isAboutBags || sites.length === 0 ? [{ path: [], value: root }] : sites;
  const found: Checked[] = [];
  for (const { path, value } of subjects) found.push(await checkSubject(path, plainValue(value), choice));
  return { schemas: found.flatMap(({ schemas }) => schemas), issues: found.flatMap(({ issues }) => issues) };
}

async function checkSubject(path: readonly string[], value: unknown, choice: SchemaChoice): Promise<Checked> {
  const checker = await choice.checkerOf(value);
  const issues = checker ? await checker.issuesOf(value) : [UNKNOWN];
  const large = checker?.name === LEAN ? inlineSizeIssues(value) : [];
  const told = [...issues.map((issue) => atPath(path, issue, 'error')), ...large.map((issue) => atPath(path, issue, 'warning'))];
  return { schemas: checker ? [checker.name] : [], issues: told };
}

const UNKNOWN: ValidationIssue = {
  pointer: '',
  keyword: 'SCHEMA_UNKNOWN',
  message: 'No schema of the project recognises this document.',
  hint: 'Say what it is meant to be with --schema.',
};

function atPath(path: readonly string[], { pointer, keyword, message, hint }: ValidationIssue, level: FindingLevel): Issue {
  const whole = path.map((name) => `/${name}`).join('') + pointer;
  return { pointer: whole, rule: keyword, level, message, ...(hint !== undefined && { hint }) };
}
