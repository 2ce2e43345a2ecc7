/** Middle value; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** One way of doing the work that is compared. */
export interface Contender {
  readonly name: string;
  /** What comes before the work and is not measured, round by round. */
  readonly prepare?: () => unknown;
  run(): unknown;
}

/**
 * Runs the contenders in turn, so that a slow moment of the machine falls on all of them, and gives the median of each
 * in milliseconds: of the time that passes, or of the times the contenders return.
 */
export async function interleave(
  contenders: readonly Contender[],
  rounds: number,
  time: 'wall' | 'returned' = 'wall',
): Promise<ReadonlyMap<string, number>> {
  const times = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      await contender.prepare?.();
      const start = performance.now();
      const returned = await contender.run();
      times.get(contender.name)!.push(time === 'wall' ? performance.now() - start : Number(returned));
    }
  }
  return new Map(Array.from(times, ([name, values]) => [name, median(values)]));
}
