import { readDocument } from '../../bag/value.js';
import type { ByteValue } from '../../bag/value.js';
import { BagDocument } from '../../bag/bag.js';
import { detectSchema } from '../../validate/index.js';
import { documentIssues, inlineSizeIssues, plainValue } from '../../validate/document-issues.js';
import { duplicateIssues } from '../../validate/duplicates.js';
import type { ValidationIssue } from '../../validate/issue.js';
import { BagError } from '../../errors/index.js';
import type { FindingLevel } from '../../findings/finding.js';
import { locateAll } from '../../json/index.js';
import { offsetOf, spelledNumber } from './byte-place.js';
import { checkPointers } from './check-pointers.js';
import { describeRefusal } from './refusal.js';
import type { Found, Issue, LocatedIssue } from './issue.js';
import { FAT, LEAN } from './schema-choice.js';
import type { SchemaChoice } from './schema-choice.js';
import type { BlobReader } from '../../bag/places.js';
import { addressRule } from '../../bag/sources.js';

/** Everything that is wrong with a document, with its place in the bytes. What is no JSON has one issue, that. */
export async function findIssues(
  bytes: Uint8Array,
  choice: SchemaChoice,
  blobs: BlobReader | undefined,
): Promise<Found> {
  try {
    const root = readDocument(bytes);
    const bagDocument = new BagDocument(root, true, blobs && addressRule(blobs));
    if (choice.isAboutBags) bagDocument.assertOneOwner();
    const { schemas, issues } = await checkSchemas(root, bagDocument, choice);
    const twice = duplicateIssues(bytes).map(({ offset, ...issue }) => ({
      ...atPath([], issue, 'error'),
      ...(offset !== undefined && { offset }),
    }));
    const dead = blobs ? await checkPointers(bagDocument.bags, blobs) : [];
    return {
      schemas,
      holdsBag: choice.isAboutBags && bagDocument.bags.length > 0,
      issues: locateIssues(root, [...issues, ...twice, ...dead]),
    };
  } catch (error) {
    if (!(error instanceof BagError)) throw error;
    return { schemas: [], holdsBag: false, issues: [unreadable(error)] };
  }
}

function unreadable(error: BagError): LocatedIssue {
  return { pointer: '', rule: error.code, level: 'error', ...describeRefusal(error) };
}

function locateIssues(root: ByteValue, issues: readonly Issue[]): readonly LocatedIssue[] {
  const places = locateAll(
    root.document.bytes,
    issues.map(({ pointer, offset }) => offset ?? offsetOf(root, pointer)),
  );
  return issues.map(({ offset: _offset, ...issue }, index) => ({ ...issue, ...places[index]! }));
}

interface Checked {
  readonly schemas: readonly string[];
  readonly issues: readonly Issue[];
}

async function checkSchemas(
  root: ByteValue,
  bagDocument: BagDocument<ByteValue>,
  choice: SchemaChoice,
): Promise<Checked> {
  const bags = choice.isAboutBags ? bagDocument.bags : [];
  if (choice.requiresBag && bags.length === 0)
    return { schemas: [], issues: [atPath([], notABag(plainValue(root)), 'error')] };
  const subjects = bags.length === 0 ? [{ path: [], value: root }] : bags;
  const found: Checked[] = [];
  for (const { path, value } of subjects) found.push(await checkSubject(path, value, choice));
  const schemas = found.flatMap((checked) => checked.schemas);
  const others = choice.isAboutBags ? documentIssues(root, bagDocument, schemas.includes(LEAN)) : [];
  return {
    schemas,
    issues: [...found.flatMap(({ issues }) => issues), ...others.map((issue) => atPath([], issue, 'error'))],
  };
}

async function checkSubject(path: readonly string[], subject: ByteValue, choice: SchemaChoice): Promise<Checked> {
  const value = plainValue(subject);
  const checker = await choice.checkerOf(value);
  const found = checker
    ? (await checker.issuesOf(value, subject)).map((issue) => withSpelling(issue, subject))
    : [UNKNOWN];
  const issues =
    choice.requiresBag && checker?.name === LEAN && detectSchema(value) === FAT ? admittingOld(found) : found;
  const large = checker?.name === LEAN ? inlineSizeIssues(value) : [];
  const told = [
    ...issues.map((issue) => atPath(path, issue, 'error')),
    ...large.map((issue) => atPath(path, issue, 'warning')),
  ];
  return { schemas: checker ? [checker.name] : [], issues: told };
}

/** A schema sees a number as a double, which may have other digits than the document: the message has those. */
function withSpelling(issue: ValidationIssue, subject: ByteValue): ValidationIssue {
  const spelled = spelledNumber(subject, issue.pointer);
  if (spelled === undefined) return issue;
  const shown = spelled.length > 60 ? `${spelled.slice(0, 60)}…` : spelled;
  return { ...issue, message: issue.message.replace(` is ${String(Number(spelled))};`, ` is ${shown};`) };
}

/** The first issue of an old bag says how to accept old bags. */
function admittingOld([first, ...others]: readonly ValidationIssue[]): readonly ValidationIssue[] {
  if (first === undefined) return [];
  const hint = [first.hint, 'If old bags are expected here, use `--schema fat`; `--schema auto` accepts both forms.'];
  return [{ ...first, hint: hint.filter((part) => part !== undefined).join(' ') }, ...others];
}

/** For a schema of bags, of a document that holds none. */
function notABag(document: unknown): ValidationIssue {
  const name = detectSchema(document);
  const guess = name === undefined ? 'Documents of other kinds' : `It has the members of \`${name}\`. Such documents`;
  return {
    pointer: '',
    keyword: 'NOT_A_BAG',
    message: 'The document is not a state bag and does not contain one.',
    hint: `${guess} are validated with \`--schema auto\`, or with the name or file of their schema.`,
  };
}

const UNKNOWN: ValidationIssue = {
  pointer: '',
  keyword: 'SCHEMA_UNKNOWN',
  message: 'No schema of the project recognises this document.',
  hint: 'Name its schema with --schema.',
};

function atPath(
  path: readonly string[],
  { pointer, keyword, message, hint }: ValidationIssue,
  level: FindingLevel,
): Issue {
  const whole = path.map((name) => `/${name}`).join('') + pointer;
  return { pointer: whole, rule: keyword, level, message, ...(hint !== undefined && { hint }) };
}
