import { CODES, SECTIONS } from './sources.js';
import type { CodeFacts, Explanation, Section } from './sources.js';

const HEAD = `<!-- \`npm run inventory\` makes this page from src/errors/codes.ts and src/explanations. Do not edit it. -->

# Every code: what it means, and what to do

Find the code in the tables below. It is in \`--json\` (\`code\`), in the journal, in reports, on standard error (\`statebag: CODE: …\`) and in \`error.code\` of the library. A program compares codes, never messages.

| what is wrong | what happens | what to do |
|---|---|---|
| the document | It is **quarantined**. | Correct the document, then run the same command again. |
| the store, the disk, the network, another program | The document has **failed**. | Run the same command again. |
| the command line or the environment | The command ends with exit code 2. | Correct the command. |

A document that is reported with one of these codes has not been modified, unless the entry says otherwise.

The column *class* has the class of the error in the library. *Retryable* means that the very same call may succeed later; a state machine gets the name \`StateBagRetryableError\`. A code without a class is one of an outcome or of a finding.
`;

/** The text of `docs/errors.md`. */
export function renderErrorsPage(): string {
  return [HEAD, ...SECTIONS.map(renderSection)].join('\n');
}

function renderSection({ heading, intro, columns, codes, outro }: Section): string {
  const entries = Object.entries(codes);
  const hasClasses = entries.some(([code]) => Object.hasOwn(CODES, code));
  const titles = ['code', ...(hasClasses ? ['class'] : []), ...(columns ?? ['what has happened', 'what to do'])];
  const rows = entries.map(([code, explanation]) => [
    `\`${code}\``,
    ...(hasClasses ? [classCell(code)] : []),
    cell(explanation.title, explanation.detail),
    cell(explanation.advice, seeAlso(explanation)),
  ]);
  const table = [titles, titles.map(() => '---'), ...rows].map(renderRow).join('\n');
  const parts = [`## ${heading}`, intro, table, outro].filter((part) => part !== undefined);
  return `${parts.join('\n\n')}\n`;
}

function classCell(code: string): string {
  const facts = (CODES as Readonly<Record<string, CodeFacts>>)[code];
  if (facts === undefined) return '';
  const classes = facts.classes.map((name) => `\`${name}\``).join(' or ');
  if (facts.retryable === false) return classes;
  return `${classes}, ${facts.retryable === 'sometimes' ? 'sometimes retryable' : 'retryable'}`;
}

function seeAlso({ see }: Explanation): string | undefined {
  return see === undefined ? undefined : `See [${see.split('#')[0]!}](${see}).`;
}

function cell(...sentences: readonly (string | undefined)[]): string {
  return sentences
    .filter((sentence) => sentence !== undefined)
    .join(' ')
    .replaceAll('|', '\\|');
}

function renderRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`.replace(/^\| ---(.*)--- \|$/, (row) => row.replaceAll(' ', ''));
}
