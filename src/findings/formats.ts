import type { CheckedDocument, RuleDescription } from './checked-document.js';
import type { Finding } from './finding.js';
import type { FindingWriter, WriterContext } from './finding-writer.js';
import type { Format } from './format-names.js';
import { githubWriter } from './writers/github.js';
import { jsonWriter } from './writers/json.js';
import { junitWriter } from './writers/junit.js';
import { prettyWriter } from './writers/pretty.js';
import { sarifWriter } from './writers/sarif.js';

export { FORMATS, type Format } from './format-names.js';

const WRITERS: Readonly<Record<Format, (context: WriterContext) => FindingWriter>> = {
  pretty: prettyWriter,
  json: jsonWriter,
  github: githubWriter,
  sarif: sarifWriter,
  junit: junitWriter,
};

/** Findings that are all there, with the files that were looked at. */
export interface FindingReport extends WriterContext {
  /** Every file that was checked, in order, also those without findings. */
  readonly files: readonly string[];
  readonly findings: readonly Finding[];
  readonly rules: readonly RuleDescription[];
}

/** The whole report as text. A file that only its findings name counts as checked. */
export function renderFindings(format: Format, { files, findings, ...context }: FindingReport): string {
  const writer = WRITERS[format](context);
  const documents = documentsOf(files, findings).map((document) => writer.document(document));
  return [writer.head(), ...documents, writer.tail()].join('');
}

function documentsOf(files: readonly string[], findings: readonly Finding[]): readonly CheckedDocument[] {
  const byFile = new Map<string, Finding[]>(files.map((file) => [file, []]));
  for (const finding of findings) {
    const found = byFile.get(finding.file);
    if (found) found.push(finding);
    else byFile.set(finding.file, [finding]);
  }
  return Array.from(byFile, ([file, found]) => ({ id: file, file, findings: found }));
}
