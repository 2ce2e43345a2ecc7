import { isValid } from '../checked-document.js';
import type { CheckedDocument } from '../checked-document.js';
import type { Finding } from '../finding.js';
import type { FindingWriter, RunFailure, UnseenEntry, WriterContext } from '../finding-writer.js';

/** XML as JUnit's runners write it: a suite a document, so that totals are known when its head is written. */
export function junitWriter({ check }: WriterContext): FindingWriter {
  return {
    head: () => `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${escapeXml(check)}">\n`,
    document: (document) => suiteOf(document, check),
    entry: (entry) => unreadSuite(entry, check),
    tail: (failure, { remark } = {}) =>
      `${failure ? brokenSuite(failure, check) : remarkSuite(remark, check)}</testsuites>\n`,
  };
}

function suiteOf(document: CheckedDocument, check: string): string {
  const isGood = isValid(document);
  const inner = `${isGood ? '' : failureOf(document.findings)}${remarksOf(document.findings)}`;
  return suite(document.id, check, { failures: isGood ? 0 : 1, errors: 0 }, inner);
}

/** A test case has one failure at most; further errors are lines of it. */
function failureOf(findings: readonly Finding[]): string {
  const errors = findings.filter(({ level }) => level === 'error');
  const { message, rule } = errors[0]!;
  return `      <failure message="${escapeXml(message)}" type="${escapeXml(rule)}">${escapeXml(errors.map(lineOf).join('\n'))}</failure>\n`;
}

function remarksOf(findings: readonly Finding[]): string {
  const remarks = findings.filter(({ level }) => level !== 'error');
  return remarks.length === 0 ? '' : `      <system-out>${escapeXml(remarks.map(lineOf).join('\n'))}</system-out>\n`;
}

/** An error and not a failure: nothing was tested. */
function unreadSuite({ file, code, message }: UnseenEntry, check: string): string {
  return suite(file, check, { failures: 0, errors: 1 }, errorElement(message, code));
}

/** What the report says besides: a suite without a test. */
function remarkSuite(remark: string | undefined, check: string): string {
  if (remark === undefined) return '';
  const title = escapeXml(check);
  return `  <testsuite name="${title}" tests="0" failures="0" errors="0">\n    <system-out>${escapeXml(remark)}</system-out>\n  </testsuite>\n`;
}

function brokenSuite({ code, message }: RunFailure, check: string): string {
  return suite(check, check, { failures: 0, errors: 1 }, errorElement(message, code));
}

function errorElement(message: string, code: string): string {
  return `      <error message="${escapeXml(message)}" type="${escapeXml(code)}"/>\n`;
}

function suite(
  name: string,
  check: string,
  { failures, errors }: { readonly failures: number; readonly errors: number },
  inner: string,
): string {
  const title = escapeXml(name);
  const testcase = `    <testcase name="${title}" classname="${escapeXml(check)}"${inner === '' ? '/>\n' : `>\n${inner}    </testcase>\n`}`;
  return `  <testsuite name="${title}" tests="1" failures="${failures}" errors="${errors}">\n${testcase}  </testsuite>\n`;
}

function lineOf({ file, line, column, pointer, rule, message, hint }: Finding): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return [`${place}:`, pointer ?? '', message, hint ?? '', `(${rule})`].filter((part) => part !== '').join(' ');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** What XML 1.0 cannot hold even as a reference becomes U+FFFD. Line breaks stay in text. */
function escapeXml(text: string): string {
  const holdable = text.replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
  return holdable.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
