import { parseText } from './json.js';
import type { Members } from './json.js';
import type { LambdaFunction } from './lambda-tasks.js';
import { openBag } from './open-bag.js';
import { sizeOf } from './payload-limit.js';

/** What DynamoDB takes as one item, in bytes. */
const ITEM_LIMIT = 400 * 1024;

/** A row of the table of paused executions. */
export interface TokenRow {
  readonly ownerId: string;
  readonly conversation_id: string;
  readonly taskToken: string;
  readonly context: Members;
}

export class TokenTable {
  readonly #rows = new Map<string, TokenRow>();
  readonly #onRow: (row: TokenRow) => void;

  /** `onRow` is told of each row once it is there. */
  constructor(onRow: (row: TokenRow) => void) {
    this.#onRow = onRow;
  }

  /** On the condition that no row of this key is there; else the old row stays. Throws when the item is too large. */
  put(row: TokenRow): void {
    if (sizeOf(row) > ITEM_LIMIT) throw new Error(`The item takes ${sizeOf(row)} bytes of at most ${ITEM_LIMIT}.`);
    if (this.#rows.has(row.conversation_id)) return;
    this.#rows.set(row.conversation_id, row);
    this.#onRow(row);
  }

  /** On the condition that the row still has this token. */
  delete({ conversation_id, taskToken }: TokenRow): void {
    if (this.#rows.get(conversation_id)?.taskToken === taskToken) this.#rows.delete(conversation_id);
  }
}

/** Keeps the token with a partial copy of the bag, so that whoever answers need not know the execution. */
export function storeTaskToken(table: TokenTable): LambdaFunction {
  return (event) => {
    const bag = openBag(event);
    table.put({
      ownerId: parseText(bag.ownerId),
      conversation_id: parseText(event.execution_id),
      taskToken: parseText(event.TaskToken),
      context: contextOf(bag),
    });
    return Promise.resolve({ status: 'stored' });
  };
}

function contextOf(bag: Members): Members {
  const names = [
    'ownerId',
    'workflowId',
    'segment_to_run',
    'total_segments',
    'current_state',
    'state_history',
    'idempotency_key',
  ];
  const kept = Object.fromEntries(names.map((name) => [name, bag[name] ?? null]));
  // Resuming insists on a config that is an object and not empty, and looks no further into it.
  return { ...kept, workflow_config: bag.workflow_config ?? { workflow_config_s3_path: bag.workflow_config_s3_path } };
}
