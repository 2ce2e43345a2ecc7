import { mixedMessage } from '../mixed-pointer.js';
import type { MixedPointer } from '../mixed-pointer.js';
import { childPointer } from './place.js';
import type { ValidationIssue } from './validation-issue.js';

/** What no schema says: data that was merged into pointers, at any depth. */
export function mixedPointerIssues(found: Iterable<MixedPointer>): ValidationIssue[] {
  return Array.from(found, ({ path, pointer }) => ({
    pointer: path.reduce(childPointer, ''),
    keyword: 'POINTER_MIXED',
    message: capitalised(mixedMessage(pointer, path.at(-1) ?? '')),
    hint: 'Wrap the handler that merges. Read the object at the key, merge by hand, and remove the members of the pointer.',
  }));
}

function capitalised(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
