import { subscribe } from 'node:diagnostics_channel';
import type { DiagnosticName } from '../shim/diagnostics.js';
import type { LogLevel } from './settings.js';

const PROBLEMS: readonly DiagnosticName[] = ['fail-open', 'shadow-mismatch'];

const CHANNELS: Readonly<Record<LogLevel, readonly DiagnosticName[]>> = {
  off: [],
  problems: PROBLEMS,
  all: [...PROBLEMS, 'read', 'write', 'offload'],
};

/** Writes what the shim says to a log, one JSON object a line. No line holds user data. */
export function logDiagnostics(level: LogLevel, write: (line: string) => void): void {
  for (const name of CHANNELS[level]) {
    subscribe(`statebag-shim:${name}`, (message) => {
      write(`${JSON.stringify({ statebag: name, ...(message as object) })}\n`);
    });
  }
}
