import { relative } from 'node:path';
import { oneLine } from '../../findings/printable.js';

/** A document that needs attention. */
export interface Finding {
  readonly id: string;
  readonly outcome: string;
  readonly code: string;
  readonly reason: string;
}

/** Printed for people; everything is in `--json`. */
const SHOWN = 20;

/** Gathers what needs attention: the first few in full, the rest by number. */
export class Findings {
  private readonly shown: Finding[] = [];
  private left = 0;

  add(finding: Finding): void {
    if (this.shown.length < SHOWN) this.shown.push(finding);
    else this.left++;
  }

  /** One line each; empty when there are none. */
  format(cwd: string, paint: (text: string) => string = (text) => text): string {
    const lines = this.shown.map(
      ({ id, outcome, code, reason }) => `${paint(outcome)}  ${shortId(id, cwd)}  ${code}: ${oneLine(reason)}`,
    );
    if (this.left > 0) lines.push(`… and ${this.left} more, see --json`);
    return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`;
  }
}

/** A path below the working directory as people type it. */
export function shortId(id: string, cwd: string): string {
  if (!id.startsWith('/')) return id;
  const path = relative(cwd, id);
  return path.startsWith('..') ? id : path;
}
