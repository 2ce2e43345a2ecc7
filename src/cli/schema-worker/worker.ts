import { parentPort, workerData } from 'node:worker_threads';
import { checkDocument } from './check.js';
import { compileSchema } from './compile.js';
import type { SchemaAnswer, SchemaRequest } from './messages.js';
import { Refusal } from './refusal.js';

/* A thread that checks documents by one schema of a user. The other side ends it when a document takes too long. */

const answer = (message: SchemaAnswer): void => parentPort?.postMessage(message);

compileSchema(workerData as SchemaRequest).then(
  ({ schema, inexact }) => {
    parentPort?.on('message', (bytes: Uint8Array) => {
      answer({ kind: 'checked', issues: checkDocument(schema, bytes) });
    });
    answer({ kind: 'ready', ...(inexact !== undefined && { inexact }) });
  },
  (error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    answer({ kind: 'refused', code: error.code, message: error.message });
  },
);
