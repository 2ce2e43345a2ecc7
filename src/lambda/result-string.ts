import type { TaskAnswer } from '../batch/fleet/task-answer.js';

/** S3 keeps no more of it in a completion report. */
const MAX_BYTES = 1024;

/**
 * An answer as JSON of at most 1,024 bytes, the id left out: the report names the object. What is too long goes in this
 * order: hazards, the end of the reason, owner and workflow.
 */
export function resultString(answer: TaskAnswer): string {
  const { id: _id, ...told } = answer;
  if (!('result' in told)) return JSON.stringify(told);
  const { doc: _doc, reason, ...result } = told.result;
  const { hazards: _hazards, ...without } = result;
  const { ownerId: _ownerId, workflowId: _workflowId, refusals: _refusals, ...bare } = without;
  const candidates = [result, without, bare].flatMap((kept) => [{ ...kept, ...(reason !== undefined && { reason }) }, withShortReason(kept, reason)]);
  const texts = candidates.map((candidate) => JSON.stringify({ result: candidate }));
  return texts.find((text) => Buffer.byteLength(text) <= MAX_BYTES) ?? texts.at(-1)!;
}

/** Characters of a reason that say what it is about. */
const SHORT_REASON = 240;

function withShortReason<T extends object>(result: T, reason: string | undefined): T & { readonly reason?: string } {
  return reason === undefined ? result : { ...result, reason: reason.length > SHORT_REASON ? `${reason.slice(0, SHORT_REASON)}…` : reason };
}
