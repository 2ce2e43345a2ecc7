import type { TaskAnswer } from '../batch/fleet/task-answer.js';
import { omit } from '../batch/fleet/omit.js';

/** S3 keeps no more of it in a completion report. */
const MAX_BYTES = 1024;

/**
 * An answer as JSON of at most 1,024 bytes, the id left out: the report names the object. What is too long goes in this
 * order: hazards, the end of the reason, owner and workflow.
 */
export function resultString(answer: TaskAnswer): string {
  if (!('result' in answer)) return JSON.stringify(omit(answer, ['id']));
  const result = omit(answer.result, ['doc', 'reason']);
  const candidates = [
    result,
    omit(result, ['hazards']),
    omit(result, ['hazards', 'ownerId', 'workflowId', 'refusals']),
  ];
  const texts = candidates.flatMap((kept) => REASONS.map((shorten) => textOf(kept, shorten(answer.result.reason))));
  return texts.find((text) => Buffer.byteLength(text) <= MAX_BYTES) ?? texts.at(-1)!;
}

/** Characters of a reason that say what it is about. */
const SHORT_REASON = 240;

const REASONS: readonly ((reason: string | undefined) => string | undefined)[] = [
  (reason) => reason,
  (reason) => (reason !== undefined && reason.length > SHORT_REASON ? `${reason.slice(0, SHORT_REASON)}…` : reason),
];

function textOf(result: object, reason: string | undefined): string {
  return JSON.stringify({ result: { ...result, ...(reason !== undefined && { reason }) } });
}
