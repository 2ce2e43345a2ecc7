import { createHash } from 'node:crypto';
import { isMembers, parseList, parseMembers, parseText } from './json.js';
import type { Members } from './json.js';

/**
 * Runs the nodes of a segment. Each leaves a digest of its own program in the state, and all are chained, so that a
 * state tells which nodes ran, with which program, and in which order. `guidelines` is what the fleet pads nodes with
 * and is no part of what they do.
 */
export function runNodes(segment: Members, state: Members): Members {
  return parseList(segment.nodes).reduce<Members>((before, value) => {
    const node = parseMembers(value);
    const result = runNode(node, before);
    return { ...before, [parseText(node.id)]: result, chain: digest([before.chain ?? null, node.id, result]) };
  }, state);
}

function runNode(node: Members, state: Members): Members {
  const config = parseMembers(node.config);
  const program = Object.fromEntries(Object.entries(config).filter(([name]) => name !== 'guidelines'));
  const prompt = config.prompt ?? config.prompt_content;
  if (prompt !== undefined) return { echo: digest(prompt), program: digest(program) };
  return node.hitp === true ? { answer: answerIn(state), program: digest(program) } : { program: digest(program) };
}

function answerIn({ human_answer: answer }: Members): unknown {
  return isMembers(answer) ? answer.text : null;
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
}
