import { WRAPPERS } from '../bag/envelope.js';
import { PROGRAM_MEMBERS } from '../bag/members.js';
import { BagError } from '../errors/index.js';
import { findDuplicateMembers, openEmbedded, scanJson } from '../json/index.js';
import type { DuplicateMember, MemberText } from '../json/index.js';
import { childPointer } from './issue.js';
import type { ValidationIssue } from './issue.js';

/** Members whose text is read as JSON: a bag or a program may be in it. Other text is data of the user. */
export const READ_AS_JSON: ReadonlySet<string> = new Set([...WRAPPERS, ...PROGRAM_MEMBERS]);

/** An issue of a member that its pointer does not tell from another one. */
export interface DuplicateIssue extends ValidationIssue {
  /** Byte of the document at which the second member begins. Absent inside a JSON string. */
  readonly offset?: number;
}

/** A broken writer repeats a member in each entry of a list of 100,000. */
const MAX_ISSUES = 100;

/**
 * Members that an object of a valid JSON document has more than once, at any depth, and in the JSON text of wrappers
 * and program members. At most 100 issues, and one that says that there are more.
 */
export function duplicateIssues(bytes: Uint8Array): readonly DuplicateIssue[] {
  const issues: DuplicateIssue[] = [];
  for (const { offset, ...duplicate } of findDuplicates(bytes)) {
    if (issues.length === MAX_ISSUES) {
      const message = 'More members are there more than once, and are not listed.';
      return [...issues, { pointer: '', keyword: 'more', message }];
    }
    issues.push({ ...duplicateIssue(duplicate), ...(offset !== undefined && { offset }) });
  }
  return issues;
}

function duplicateIssue({ path, name }: Pick<DuplicateMember, 'path' | 'name'>): ValidationIssue {
  return {
    pointer: [...path, name].reduce(childPointer, ''),
    keyword: 'DUPLICATE_MEMBER',
    message: `The object has the member ${quote(name)} more than once; which of them counts depends on the reader.`,
    hint: 'Find the program that writes it, and leave one.',
    member: name,
  };
}

/** Names of user data can be of any length. */
function quote(name: string): string {
  return `\`${name.length > 60 ? `${name.slice(0, 60)}…` : name}\``;
}

interface Duplicate extends Pick<DuplicateMember, 'path' | 'name'> {
  readonly offset: number | undefined;
}

/** Text that is in text comes after the document that it is in. */
function* findDuplicates(bytes: Uint8Array): Generator<Duplicate> {
  const texts: { readonly bytes: Uint8Array; readonly path: readonly string[] }[] = [{ bytes, path: [] }];
  for (let text = texts.shift(); text !== undefined; text = texts.shift()) {
    const base = text;
    const onText = ({ path, node }: MemberText) => {
      const embedded = openJson(base.bytes, node);
      if (embedded) texts.push({ bytes: embedded, path: [...base.path, ...path] });
    };
    for (const { path, name, start } of findDuplicateMembers(base.bytes, READ_AS_JSON, onText))
      yield { path: [...base.path, ...path], name, offset: base.bytes === bytes ? start : undefined };
  }
}

/** Text that is not JSON is an ordinary string. */
function openJson(bytes: Uint8Array, node: MemberText['node']): Uint8Array | undefined {
  try {
    const embedded = openEmbedded(bytes, node);
    scanJson(embedded);
    return embedded;
  } catch (error) {
    if (error instanceof BagError) return undefined;
    throw error;
  }
}
