export interface Metric {
  readonly value: number;
  readonly unit: 'Count' | 'Bytes' | 'Milliseconds';
}

/** What one message says in numbers, by what it is counted, and what else is worth knowing of it. */
export interface Measurement {
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** One line of CloudWatch's embedded metric format. `timestamp` in milliseconds since 1970. */
export function emfLine(
  namespace: string,
  timestamp: number,
  { metrics, dimensions, properties }: Measurement,
): string {
  const definitions = Object.entries(metrics).map(([Name, { unit }]) => ({ Name, Unit: unit }));
  const values = Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, value]));
  const CloudWatchMetrics = [{ Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics: definitions }];
  return `${JSON.stringify({ ...properties, ...dimensions, ...values, _aws: { Timestamp: timestamp, CloudWatchMetrics } })}\n`;
}
