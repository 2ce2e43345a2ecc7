import type { OutcomeCounts } from '../batch/fleet/task-answer.js';

/** Where CloudWatch keeps the metrics; `deploy/fleet` has alarms on them. */
const NAMESPACE = 'Statebag/Fleet';

const METRICS = {
  migrated: 'Migrated',
  unchanged: 'Unchanged',
  quarantined: 'Quarantined',
  failed: 'Failed',
  'not-started': 'NotStarted',
} as const;

/** One line of CloudWatch's embedded metric format. `timestamp` in milliseconds since 1970. */
export function metricsLine(engine: 's3-batch' | 'map', run: string, counts: OutcomeCounts, timestamp: number): string {
  const values = Object.entries(METRICS).map(
    ([outcome, name]) => [name, counts[outcome as keyof typeof METRICS] ?? 0] as const,
  );
  const Metrics = values.map(([Name]) => ({ Name, Unit: 'Count' }));
  const _aws = {
    Timestamp: timestamp,
    CloudWatchMetrics: [{ Namespace: NAMESPACE, Dimensions: [['Engine']], Metrics }],
  };
  return `${JSON.stringify({ Engine: engine, run, ...Object.fromEntries(values), _aws })}\n`;
}
