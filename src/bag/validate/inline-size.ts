import { isObject } from './place.js';
import { OFFLOADED_MEMBERS } from './offload-rules.js';
import type { ValidationIssue } from './validation-issue.js';

/**
 * Members of a bag, out of its envelope, that are larger than the lean schema lets stay inline (`x-max-inline-bytes`).
 * Advice and no fault: a Map state that is still to read whole entries keeps them there. Never throws.
 */
export function inlineSizeIssues(bag: unknown): readonly ValidationIssue[] {
  if (!isObject(bag)) return [];
  return OFFLOADED_MEMBERS.flatMap(({ member, maxInlineBytes, pointer }) => {
    const value = Object.hasOwn(bag, member) ? bag[member] : null;
    // Members that may not be there at all are refused by the schema itself.
    if (maxInlineBytes === 0 || value === null || typeof value !== 'object') return [];
    const bytes = Buffer.byteLength(JSON.stringify(value));
    if (bytes <= maxInlineBytes) return [];
    const message = `\`${member}\` has ${bytes} bytes inline, more than the ${maxInlineBytes} that should stay in a bag.`;
    return [
      {
        pointer: `/${member}`,
        keyword: 'x-max-inline-bytes',
        message,
        hint: `Leave its list of pointers, and the rest at \`${pointer}\`.`,
        member,
      },
    ];
  });
}
