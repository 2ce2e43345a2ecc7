import { isValid } from '../../findings/checked-document.js';
import type { CheckedDocument } from '../../findings/checked-document.js';
import { isUndecided } from './issue.js';

/**
 * A document as it is judged when it must fail: what is wrong with it is worth a note, and that nothing is wrong is the
 *error. A warning does not make a document fail, and a document that was not decided did not fail.
 */
export function mustFail(document: CheckedDocument): CheckedDocument {
  const { file, findings } = document;
  if (findings.some(({ rule }) => isUndecided(rule))) return document;
  if (!isValid(document)) return { ...document, findings: findings.map((finding) => ({ ...finding, level: 'note' })) };
  const message = 'The document is valid, and it should not be.';
  const hint = 'A fixture that must fail has lost what made it fail; mend it, or move it to the ones that must pass.';
  return {
    ...document,
    findings: [{ rule: 'EXPECTED_INVALID', level: 'error', message, hint, file, line: 1, column: 1, pointer: '' }],
  };
}
