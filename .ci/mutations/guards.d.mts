/** A guard and the change that breaks it, as a section of `test/mutations.md` describes them. */
export interface Guard {
  /** `M` and a number. */
  readonly id: string;
  readonly name: string;
  /** What the guard does. */
  readonly sentence: string;
  /** What goes wrong without it. */
  readonly harm: string;
  /** From the root of the project. */
  readonly file: string;
  /** Whole lines, as they are in the file. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Test files, each of which must have a failing test once the guard is broken. */
  readonly red: readonly string[];
  /** True when the tests run `dist/`, which must then be built again. */
  readonly needsBuild: boolean;
  /** True when a test that does nothing but time out counts as red. */
  readonly timeoutCounts: boolean;
}

export function readGuards(): readonly Guard[];

export function breakGuard(guard: Guard, text: string): string;
