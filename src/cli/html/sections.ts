import { HAZARDS } from '../../bag/hazards.js';
import { REFUSALS } from '../../bag/resume-rules.js';
import type { JournalReport, RunReport } from '../../journal/report.js';
import { byteRows, formatBytes, formatChange, formatCount } from '../reporters/format.js';
import { flawLines, partLines, unfinishedLines } from '../reporters/status-figures.js';
import { barChart } from './bar-chart.js';
import type { BarGroup, Tone } from './bar-chart.js';
import { html, isolateText } from './markup.js';
import type { Markup } from './markup.js';
import type { ReportFacts, ResumeFacts, WorkflowSavings } from './report-facts.js';
import { sizeChart } from './size-chart.js';

/** Drawn and listed; more is counted. */
const WORKFLOWS = 20;
const FAILURES = 500;

/** What the runs have left; nothing when they left nothing. */
export function gaps(directory: string, report: JournalReport): Markup {
  const { unfinished, parts } = report;
  const lines = [...flawLines(report, directory), ...unfinishedLines(unfinished, directory), ...partLines(parts)];
  return html`${lines.map((line) => html`<p><strong>${isolateText(line)}</strong></p>`)}`;
}

export function figures({ totals }: JournalReport): Markup {
  const cells: readonly (readonly [string, string, string])[] = [
    ['documents', formatCount(totals.documents), ''],
    ['migrated', formatCount(totals.migrated), ''],
    ...byteRows(totals),
    ['blobs written', formatCount(totals.blobsWritten), `${formatCount(totals.blobsReused)} reused`],
    [
      'need somebody',
      formatCount(totals.failed + totals.quarantined + totals.unsettled),
      'failed, quarantined, unsettled',
    ],
  ];
  return html`<dl class="figures">${cells.map(([name, figure, remark]) => html`<div><dt>${name}</dt><dd>${figure}<small>${remark}</small></dd></div>`)}</dl>`;
}

export function outcomes({ totals }: JournalReport): Markup {
  const of = (label: string, value: number, tone: Tone): BarGroup => ({
    label,
    bars: [{ value, tone, text: formatCount(value) }],
  });
  const groups = [
    of('migrated', totals.migrated, 'good'),
    of('unchanged', totals.unchanged, 'calm'),
    of('rolled back', totals.rolledBack, 'calm'),
    ...(totals.gone > 0 ? [of('gone', totals.gone, 'calm')] : []),
    of('quarantined', totals.quarantined, 'bad'),
    of('failed', totals.failed, 'bad'),
    of('unsettled', totals.unsettled, 'bad'),
  ];
  return section(
    'Outcomes',
    html`${barChart('Outcomes', groups)}
<p class="faint">Each document counts once, with the last word on it.${totals.unsettled > 0 ? ' A killed run did not say how unsettled ones ended; run it again.' : ''}</p>`,
  );
}

export function sizes({ sizes: all }: ReportFacts): Markup {
  return section(
    'Bytes before and after',
    all.length === 0 ? none('No document was migrated.') : html`${LEGEND}${sizeChart(all)}`,
  );
}

export function workflows({ workflows: all }: ReportFacts): Markup {
  if (all.length === 0) return section('Savings per workflow', none('No document was migrated.'));
  const shown = all.slice(0, WORKFLOWS);
  const groups = shown.map((workflow): BarGroup => ({
    label: workflowName(workflow),
    bars: [
      { value: workflow.bytesBefore, tone: 'before', text: formatBytes(workflow.bytesBefore) },
      {
        value: workflow.bytesAfter,
        tone: 'after',
        text: `${formatBytes(workflow.bytesAfter)}  ${formatChange(workflow.bytesBefore, workflow.bytesAfter)}`,
      },
    ],
  }));
  const rows = shown.map((workflow) => [
    named(workflow.ownerId),
    named(workflow.workflowId),
    formatCount(workflow.documents),
    formatBytes(workflow.bytesBefore - workflow.bytesAfter),
  ]);
  const columns = [
    { title: 'owner' },
    { title: 'workflow' },
    { title: 'bags', kind: 'number' },
    { title: 'saved', kind: 'number' },
  ] as const;
  return section(
    'Savings per workflow',
    html`${LEGEND}${barChart('Bytes per workflow before and after', groups)}${table(columns, rows)}${more(all.length - shown.length, 'workflows')}`,
  );
}

function named(id: string): Markup {
  return id === '' ? html`<span class="faint">none</span>` : isolateText(id);
}

function workflowName({ ownerId, workflowId }: WorkflowSavings): string {
  return `${ownerId === '' ? '(no owner)' : ownerId} / ${workflowId === '' ? '(no workflow)' : workflowId}`;
}

/** Nothing for a journal without rows of paused executions. */
export function resumability({ resume }: ReportFacts): Markup {
  if (resume.rows === 0) return html``;
  const of = (label: string, refused: number, tone: Tone): BarGroup => ({
    label,
    bars: [
      { value: resume.rows - refused, tone, text: `${formatCount(resume.rows - refused)} resumable` },
      { value: refused, tone: 'bad', text: `${formatCount(refused)} refused` },
    ],
  });
  const chart = barChart('Rows that can be resumed, before and after', [
    of('before', resume.refusedBefore, 'before'),
    of('after', resume.refusedAfter, 'after'),
  ]);
  return section(
    'Resumability',
    html`<p>What the unchanged resume handler makes of ${formatCount(resume.rows)} rows of paused executions. Their ttl is not looked at here; <code>statebag inspect</code> has it.</p>${chart}${reasonTable(resume)}`,
  );
}

function reasonTable({ reasons }: ResumeFacts): Markup {
  if (reasons.size === 0) return html``;
  const columns = [
    { title: 'code', kind: 'code' },
    { title: 'before', kind: 'number' },
    { title: 'after', kind: 'number' },
    { title: 'why the handler refuses it' },
  ] as const;
  return table(
    columns,
    [...reasons].map(([code, { before, after }]) => [
      code,
      formatCount(before),
      formatCount(after),
      sentenceOf(REFUSALS, code),
    ]),
  );
}

export function hazards({ hazards: all }: ReportFacts): Markup {
  if (all.size === 0) return section('Hazards', none('None was seen.'));
  const columns = [
    { title: 'code', kind: 'code' },
    { title: 'bags', kind: 'number' },
    { title: 'what it means' },
  ] as const;
  return section(
    'Hazards',
    table(
      columns,
      [...all].map(([code, count]) => [code, formatCount(count), sentenceOf(HAZARDS, code)]),
    ),
  );
}

/** A journal may hold codes of another release. */
function sentenceOf(sentences: Readonly<Record<string, string>>, code: string): string {
  return Object.hasOwn(sentences, code) ? sentences[code]! : '';
}

export function failures({ findings, codes }: JournalReport): Markup {
  if (findings.length === 0) return section('Failures', none('No document failed or was quarantined.'));
  const shown = findings.slice(0, FAILURES);
  const byCode = table(
    [
      { title: 'code', kind: 'code' },
      { title: 'documents', kind: 'number' },
    ],
    Object.entries(codes).map(([code, count]) => [code, formatCount(count)]),
    'narrow',
  );
  const columns = [
    { title: 'document' },
    { title: 'outcome', kind: 'word' },
    { title: 'code', kind: 'code' },
    { title: 'reason' },
  ] as const;
  const each = table(
    columns,
    shown.map(({ id, outcome, code, reason }) => [isolateText(id), outcome, code, isolateText(reason)]),
  );
  return section(
    'Failures',
    html`<p>docs/errors.md says of each code what to do.</p>${byCode}${each}${more(findings.length - shown.length, 'documents; see --json')}`,
  );
}

export function runs({ runs: all }: JournalReport): Markup {
  const columns = [
    { title: 'began', kind: 'word' },
    { title: 'command' },
    { title: 'to' },
    { title: 'store' },
    { title: 'sources' },
    { title: 'end' },
  ] as const;
  return section(
    'Runs',
    table(
      columns,
      all.map((run) => [
        run.at,
        run.command,
        run.target,
        isolateText(run.store),
        isolateText(run.sources.join(' ')),
        endOf(run),
      ]),
    ),
  );
}

function endOf({ complete }: RunReport): string {
  if (complete === undefined) return 'killed before its end';
  return complete ? 'complete' : 'stopped early';
}

const LEGEND = html`<p class="legend"><span><i class="before"></i>before</span><span><i class="after"></i>after</span></p>`;

function section(title: string, content: Markup): Markup {
  return html`<section><h2>${title}</h2>
${content}</section>
`;
}

function none(text: string): Markup {
  return html`<p class="faint">${text}</p>`;
}

function more(count: number, what: string): Markup {
  return count > 0 ? html`<p class="faint">… and ${formatCount(count)} more ${what}.</p>` : html``;
}

interface Column {
  readonly title: string;
  readonly kind?: 'number' | 'code' | 'word';
}

/** Cells that are text are escaped. */
function table(
  columns: readonly Column[],
  rows: readonly (readonly (string | Markup)[])[],
  width: 'wide' | 'narrow' = 'wide',
): Markup {
  const head = columns.map(({ title, kind }) => html`<th class="${kind ?? 'text'}">${title}</th>`);
  const body = rows.map(
    (cells) => html`<tr>${cells.map((cell, at) => html`<td class="${columns[at]?.kind ?? 'text'}">${cell}</td>`)}</tr>
`,
  );
  return html`<table class="${width}"><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table>`;
}
