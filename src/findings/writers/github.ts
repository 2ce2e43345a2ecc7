import type { Finding, FindingLevel } from '../finding.js';
import { EntryList } from '../entry-list.js';
import type { FindingWriter, UnseenEntry } from '../finding-writer.js';
import { countDocument, NO_DOCUMENTS, totalsInWords } from '../totals.js';

/**
 * Workflow commands of GitHub Actions: annotations on the lines of a pull request. The totals come last, as plain text.
 */
export function githubWriter(): FindingWriter {
  let totals = NO_DOCUMENTS;
  const entries = new EntryList(annotate);
  return {
    head: () => '',
    document: (document) => {
      totals = countDocument(totals, document);
      return document.findings.map(commandOf).join('');
    },
    entry: (entry) => entries.add(entry),
    tail: (failure, { remark } = {}) => {
      if (failure) return `${entries.rest()}::error title=${property(failure.code)}::${data(failure.message)}\n`;
      return `${entries.rest()}${totalsInWords(totals)}\n${remark === undefined ? '' : `${remark}\n`}`;
    },
  };
}

function annotate({ file, code, message }: UnseenEntry): string {
  return `::error file=${property(file)},title=${property(code)}::${data(message)}\n`;
}

const COMMANDS: Readonly<Record<FindingLevel, string>> = { error: 'error', warning: 'warning', note: 'notice' };

function commandOf({ level, file, line, column, rule, message, hint, pointer }: Finding): string {
  const members = { file, line, col: column, title: pointer ? `${rule} ${pointer}` : rule };
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  const properties = given.map(([name, value]) => `${name}=${property(`${value}`)}`).join(',');
  return `::${COMMANDS[level]} ${properties}::${data(hint === undefined ? message : `${message}\n${hint}`)}\n`;
}

/** As the runner of GitHub unescapes it. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
