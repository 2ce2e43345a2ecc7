import type { Finding } from '../finding.js';
import { EntryList } from '../entry-list.js';
import type { FindingPaint, FindingWriter, UnseenEntry, WriterContext } from '../finding-writer.js';
import { oneLine } from '../printable.js';
import { countDocument, NO_DOCUMENTS, totalsInWords } from '../totals.js';

const PLAIN: FindingPaint = { bad: (text) => text, faint: (text) => text };

/** One line a finding with `file:line:column` in front, as compilers do, a hint below it, and the totals at the end. */
export function prettyWriter({ paint = PLAIN }: WriterContext): FindingWriter {
  let totals = NO_DOCUMENTS;
  const entries = new EntryList((entry) => formatEntry(entry, paint));
  return {
    head: () => '',
    document: (document) => {
      totals = countDocument(totals, document);
      return document.findings.map((finding) => linesOf(finding, paint)).join('');
    },
    entry: (entry) => entries.add(entry),
    tail: (failure, { remark } = {}) => {
      if (failure) return entries.rest();
      return `${entries.rest()}${totalsInWords(totals)}\n${remark === undefined ? '' : `${paint.bad(remark)}\n`}`;
    },
  };
}

function formatEntry({ file, kind, code, message }: UnseenEntry, paint: FindingPaint): string {
  return `${oneLine(file)}  ${paint.bad(kind)}  ${oneLine(message)} ${paint.faint(`(${code})`)}\n`;
}

function linesOf(finding: Finding, paint: FindingPaint): string {
  const { pointer, rule, message, hint } = finding;
  const where = pointer === undefined || pointer === '' ? 'document' : oneLine(pointer);
  const rest = hint === undefined ? '' : `    ${paint.faint(oneLine(hint))}\n`;
  return `${placeOf(finding)}  ${levelOf(finding, paint)}${paint.bad(where)}  ${oneLine(message)} ${paint.faint(`(${rule})`)}\n${rest}`;
}

function placeOf({ file, line, column }: Finding): string {
  return [oneLine(file), line, column].filter((part) => part !== undefined).join(':');
}

function levelOf({ level }: Finding, paint: FindingPaint): string {
  return level === 'error' ? '' : `${paint.faint(level)}  `;
}
