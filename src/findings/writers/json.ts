import { isValid } from '../checked-document.js';
import type { CheckedDocument } from '../checked-document.js';
import type { Finding } from '../finding.js';
import type { FindingWriter } from '../finding-writer.js';
import { countDocument, NO_DOCUMENTS } from '../totals.js';

/**
 * `{"documents":[{"id","file",…,"valid","issues":[ISSUE]}],"totals":{"documents","valid","invalid"},…}`, where ISSUE is
 * `{"rule","level","message","hint"?,"file"?,"line"?,"column"?,"pointer"?}`. `file` is there when it is another file
 * than the document's. A run that was ended has `"error":{"code","message"}` in place of the totals, and nothing at all
 * when it ended before its first document.
 */
export function jsonWriter(): FindingWriter {
  let totals = NO_DOCUMENTS;
  const begin = () => (totals.documents === 0 ? '{"documents":[' : '');
  return {
    head: () => '',
    document: (document) => {
      const separator = totals.documents === 0 ? begin() : ',';
      totals = countDocument(totals, document);
      return `${separator}\n${JSON.stringify(plain(document))}`;
    },
    // Entries are in the members of the conclusion, as other commands have them.
    entry: () => '',
    tail: (failure, { members = {} } = {}) => {
      if (failure) return totals.documents === 0 ? '' : `],\n"error":${JSON.stringify(failure)}}\n`;
      const rest = Object.entries(members).map(
        ([name, value]) => `,\n${JSON.stringify(name)}:${JSON.stringify(value)}`,
      );
      return `${begin()}],\n"totals":${JSON.stringify(totals)}${rest.join('')}}\n`;
    },
  };
}

function plain(document: CheckedDocument): object {
  const { id, file, details, findings } = document;
  return { id, file, ...details, valid: isValid(document), issues: findings.map((finding) => issueIn(finding, file)) };
}

function issueIn({ file, ...rest }: Finding, own: string): Partial<Finding> {
  return file === own ? rest : { ...rest, file };
}
