import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { DiagnosticName } from 'statebag-shim';
import { emfLine } from './emf-line.js';
import type { Measurement } from './emf-line.js';
import { METRICS } from './metrics.js';

export interface EmfOptions {
  readonly namespace: string;
  /** Gets one line, with its newline. In a Lambda: `(line) => process.stdout.write(line)`. */
  readonly write: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/**
 * Turns what the shim says on its diagnostics channels into CloudWatch metrics: lines in the embedded metric format,
 * which CloudWatch Logs reads by itself. Returns how to stop. Ids are properties of a line, to search by. Only the
 * owner of a fat bag is also a dimension, of `FatEvents` and `FatResults`: each value of a dimension is a metric of its
 * own, and paid for.
 */
export function startEmfMetrics({ namespace, write, clock = Date.now }: EmfOptions): () => void {
  const listeners = (Object.keys(METRICS) as DiagnosticName[]).map((name) => ({
    channel: `statebag-shim:${name}`,
    listen: (message: unknown) => {
      write(emfLine(namespace, clock(), measure(name, message)));
    },
  }));
  for (const { channel, listen } of listeners) subscribe(channel, listen);
  return () => {
    for (const { channel, listen } of listeners) unsubscribe(channel, listen);
  };
}

function measure(name: DiagnosticName, message: unknown): Measurement {
  // A channel carries the messages of its own name only.
  return (METRICS[name] as (message: unknown) => Measurement)(message);
}
