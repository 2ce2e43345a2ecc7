import type { LocatedIssue, Taken } from './issue.js';
import { isOfBags } from './schema-choice.js';

/** Bytes of the serialized document. */
export interface Budget {
  readonly maxBytes: number;
  /** Bytes below it from which a document is warned of. */
  readonly headroom: number;
  /** Asked for by the user: it holds for every document, not for bags only. */
  readonly isForAll: boolean;
}

export function isCounted({ isForAll }: Budget, { schemas, holdsBag }: Taken): boolean {
  return isForAll || holdsBag || schemas.some(isOfBags);
}

/** True when there is nothing to say of the size. */
export function isWellWithin({ maxBytes, headroom }: Budget, bytes: number): boolean {
  return bytes <= maxBytes - headroom;
}

export function checkBudget(budget: Budget, bytes: number): readonly LocatedIssue[] {
  const { maxBytes, headroom } = budget;
  if (isWellWithin(budget, bytes)) return [];
  const place = { pointer: '', line: 1, column: 1 };
  if (bytes > maxBytes) {
    return [
      {
        ...place,
        rule: 'maxBytes',
        level: 'error',
        message: `The document has ${bytes} bytes, more than the ${maxBytes} that it may have.`,
        hint: 'Step Functions takes 262,144 bytes of UTF-8.',
      },
    ];
  }
  const message = `The document has ${bytes} bytes, and only ${maxBytes - bytes} are left of the ${maxBytes} that it may have.`;
  return [
    {
      ...place,
      rule: 'headroom',
      level: 'warning',
      message,
      hint: `The next step adds to it; keep ${headroom} bytes free.`,
    },
  ];
}
