import type { SchemaFault } from '../../../schemas/compiled-validator.js';
import type { Adviser } from './advice.js';
import { childPointer, resolvePlace } from './place.js';
import { sentenceOf } from './sentences.js';
import type { ValidationIssue } from './validation-issue.js';

/** A list of 100,000 broken entries is not told one by one; the last issue then says how many are left out. */
const MAX_ISSUES = 100;

/**
 * Turns what a compiled validator reported about `root` into issues for people: members that may not be there first,
 * at most 100 in all, and one that counts the rest.
 */
export function issuesOf(root: unknown, faults: readonly SchemaFault[], advise: Adviser): ValidationIssue[] {
  const told = refusedFirst(withoutRepeats(withoutBranches(faults)));
  const issues = told.slice(0, MAX_ISSUES).map((fault) => issueOf(root, fault, advise));
  const left = told.length - issues.length;
  if (left > 0) issues.push({ pointer: '', keyword: 'more', message: `${left} more faults are not listed.` });
  return issues;
}

function issueOf(root: unknown, fault: SchemaFault, advise: Adviser): ValidationIssue {
  const pointer = pointerOf(fault);
  const place = resolvePlace(root, pointer);
  const member = nameIn(fault, 'missingProperty') ?? place.member;
  const advice = advise(fault, place, member);
  return {
    pointer,
    keyword: fault.keyword,
    message: advice.message ?? sentenceOf(place, fault),
    ...(advice.hint === undefined ? {} : { hint: advice.hint }),
    ...(member === undefined ? {} : { member }),
  };
}

/** A member that may not be there has a place of its own, though the fault is reported on its object. */
function pointerOf(fault: SchemaFault): string {
  const extra = nameIn(fault, 'additionalProperty') ?? nameIn(fault, 'unevaluatedProperty');
  return extra === undefined ? fault.instancePath : childPointer(fault.instancePath, extra);
}

function nameIn({ params }: SchemaFault, key: string): string | undefined {
  const name = params[key];
  return typeof name === 'string' ? name : undefined;
}

/**
 * Leaves out what only says why a branch was not taken: `if` repeats the faults of its `then`, and a failed `anyOf`
 * or `oneOf` comes right after the faults of all its branches.
 */
function withoutBranches(faults: readonly SchemaFault[]): SchemaFault[] {
  const kept: SchemaFault[] = [];
  for (const fault of faults) {
    if (fault.keyword === 'if') continue;
    if (fault.keyword === 'anyOf' || fault.keyword === 'oneOf') dropBranches(kept, fault.instancePath);
    kept.push(fault);
  }
  return kept;
}

function dropBranches(kept: SchemaFault[], pointer: string): void {
  while (kept.length > 0 && isWithin(kept[kept.length - 1]!.instancePath, pointer)) kept.pop();
}

function isWithin(pointer: string, ancestor: string): boolean {
  return pointer === ancestor || pointer.startsWith(`${ancestor}/`);
}

/** A program that is inline matters more than all it drags along. */
function refusedFirst(faults: readonly SchemaFault[]): SchemaFault[] {
  const isRefusal = ({ keyword }: SchemaFault) => keyword === 'not';
  return [...faults.filter(isRefusal), ...faults.filter((fault) => !isRefusal(fault))];
}

/** Two rules may ask for the same thing of the same value. */
function withoutRepeats(faults: readonly SchemaFault[]): SchemaFault[] {
  const seen = new Map(faults.map((fault) => [identityOf(fault), fault]));
  return [...seen.values()];
}

function identityOf(fault: SchemaFault): string {
  return [pointerOf(fault), fault.keyword, nameIn(fault, 'missingProperty') ?? ''].join('\n');
}
