import { isMembers } from './json.js';
import type { Members } from './json.js';
import type { TaskTokens } from './task-tokens.js';
import { TokenTable } from './token-table.js';
import type { TokenRow } from './token-table.js';

/** The table of paused executions, and a person who answers each of them as soon as it is there. */
export function tableWithPerson(tokens: TaskTokens): TokenTable {
  const table = new TokenTable((row) => {
    setImmediate(() => {
      resume(row, table, tokens);
    });
  });
  return table;
}

/**
 * What the resume function does: it sends the answer together with the whole context of the row, then takes the row
 * away.
 */
function resume(row: TokenRow, table: TokenTable, tokens: TaskTokens): void {
  const { workflow_config: config, current_state: state } = row.context;
  if (!isMembers(config) || Object.keys(config).length === 0)
    throw new Error('The context is corrupted: it has no workflow_config.');
  tokens.succeed(row.taskToken, {
    user_response: { text: answerTo(state) },
    conversation_id: row.conversation_id,
    state_data: row.context,
  });
  table.delete(row);
}

function answerTo(state: unknown): string {
  const { question } = state as Members;
  return `Yes to ${JSON.stringify(question)}`;
}
