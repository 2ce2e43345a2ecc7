import type { CliIo, OutputStream } from '../io.js';
import { print } from '../io.js';
import type { OutputSettings } from '../options/output-options.js';
import type { VerdictTotals } from '../validation/check-sources.js';
import type { LocatedIssue, Verdict } from '../validation/verdict.js';
import { paintFor } from './colours.js';
import type { Paint } from './colours.js';
import { oneLine, shortId } from './findings.js';
import { JsonReport } from './json-report.js';
import { formatCount } from './sizes.js';

/** Tells verdicts as they fall. */
export interface VerdictReporter {
  add(verdict: Verdict): Promise<void>;
  finish(totals: VerdictTotals): Promise<void>;
  fail(error: unknown): Promise<void>;
}

/** `{"documents":[{"id","file","schemas","valid","issues":[{"pointer","keyword","message","hint"?,"line","column"}]}],"totals":{…}}`. */
export function jsonVerdicts(stream: OutputStream): VerdictReporter {
  const json = new JsonReport(stream);
  return {
    add: (verdict) => json.add(verdict),
    finish: (totals) => json.finish({ totals }),
    fail: (error) => json.fail(error),
  };
}

/** One line an issue, `file:line:column` in front, as compilers do. */
export function textVerdicts({ stdout, cwd }: CliIo, { colour }: OutputSettings): VerdictReporter {
  return {
    add: async (verdict) => {
      if (verdict.valid) return;
      const paint = await paintFor(colour);
      await print(stdout, verdict.issues.map((issue) => issueLines(verdict, issue, cwd, paint)).join(''));
    },
    finish: async ({ documents, valid, invalid }) => {
      await print(stdout, `${formatCount(documents)} documents, ${formatCount(valid)} valid, ${formatCount(invalid)} invalid\n`);
    },
    fail: () => Promise.resolve(),
  };
}

function issueLines({ file, schemas }: Verdict, { line, column, pointer, keyword, message, hint }: LocatedIssue, cwd: string, paint: Paint): string {
  const place = `${shortId(file, cwd)}:${line}:${column}`;
  const about = paint.faint(`(${[...schemas, keyword].join(' ')})`);
  const rest = hint === undefined ? '' : `    ${paint.faint(oneLine(hint))}\n`;
  return `${place}  ${paint.bad(pointer === '' ? 'document' : oneLine(pointer))}  ${oneLine(message)} ${about}\n${rest}`;
}
