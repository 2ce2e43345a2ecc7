import type { ByteValue } from '../../bag/value.js';
import type { ValidationIssue } from '../../validate/issue.js';

/** A schema that values can be held against. */
export interface Checker {
  readonly name: string;
  /** The judgement alone. Without it, only the text of a value can be judged, by `issuesOf`. */
  accepts?(value: unknown): boolean;
  /** What is wrong with a value, none when it is accepted. `subject` is the same value as it is written. */
  issuesOf(value: unknown, subject: ByteValue): Promise<readonly ValidationIssue[]>;
  close?(): Promise<void>;
}
