export interface Metric {
  readonly value: number;
  readonly unit: 'Count' | 'Bytes' | 'Milliseconds';
}

/** What one message says in numbers, by what it is counted, and what else is worth knowing of it. */
export interface Measurement {
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Metrics with dimensions of their own. */
  readonly others?: Pick<Measurement, 'metrics' | 'dimensions'>;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** One line of CloudWatch's embedded metric format. `timestamp` in milliseconds since 1970. */
export function emfLine(namespace: string, timestamp: number, { others, properties, ...own }: Measurement): string {
  const groups = others === undefined ? [own] : [own, others];
  const CloudWatchMetrics = groups.map(({ metrics, dimensions }) => ({
    Namespace: namespace,
    Dimensions: [Object.keys(dimensions)],
    Metrics: Object.entries(metrics).map(([Name, { unit }]) => ({ Name, Unit: unit })),
  }));
  const members = groups.map(({ metrics, dimensions }) => ({
    ...dimensions,
    ...Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, value])),
  }));
  const _aws = { Timestamp: timestamp, CloudWatchMetrics };
  return `${JSON.stringify(Object.assign({}, properties, ...members, { _aws }))}\n`;
}
