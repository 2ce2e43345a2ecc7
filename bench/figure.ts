/** A bound that a figure is to keep. */
export interface Bound {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One measured figure, with what it is held against. */
export interface Figure {
  /** Name of the bench. */
  readonly bench: string;
  readonly what: string;
  readonly value: number;
  /** `x` for a ratio. */
  readonly unit: 'x' | 'ms' | 'ns' | 'MB' | 'MB/s' | 'count';
  /** What must be reached. */
  readonly target?: Bound;
  /** What is aimed at beyond the target. */
  readonly goal?: Bound;
  readonly remark?: string;
}

export type Verdict = 'met' | 'missed';

/** `undefined` for a figure that has no target. */
export function verdictOf({ value, target }: Figure): Verdict | undefined {
  return target && (keeps(value, target) ? 'met' : 'missed');
}

export function keeps(value: number, { atLeast = -Infinity, atMost = Infinity }: Bound): boolean {
  return value >= atLeast && value <= atMost;
}
