import type { ValidationIssue } from '../../validate/issue.js';

/** A schema that values can be held against. */
export interface Checker {
  readonly name: string;
  /** The judgement alone. */
  accepts(value: unknown): boolean;
  /** What is wrong with a value that is not accepted. */
  issuesOf(value: unknown): Promise<readonly ValidationIssue[]>;
}
