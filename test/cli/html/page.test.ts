import { describe, expect, it } from 'vitest';
import { html } from '../../../src/cli/html/markup.js';
import { reportPage } from '../../../src/cli/html/page.js';
import type { ReportFacts } from '../../../src/cli/html/report-facts.js';
import { sizeChart } from '../../../src/cli/html/size-chart.js';
import type { JournalReport } from '../../../src/cli/journal-report.js';

const TOTALS = {
  documents: 3,
  migrated: 2,
  unchanged: 0,
  quarantined: 1,
  failed: 0,
  rolledBack: 0,
  unsettled: 0,
  bytesBefore: 700_000,
  bytesAfter: 200_000,
  blobsWritten: 3,
  blobsReused: 3,
};
const EVIL = [
  `</title><script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  `\u202eevil\u0000\u200b`,
  '</style><style>*{display:none}',
  '\ud800',
  '&amp;',
];

function report(text: string): JournalReport {
  const run = {
    run: text,
    at: text,
    command: text,
    target: text,
    store: text,
    sources: [text],
    complete: true,
    totals: {},
    notStarted: undefined,
  };
  const entry = {
    kind: 'run',
    v: 1,
    run: text,
    at: text,
    tool: text,
    command: 'migrate',
    target: 'lean',
    store: text,
    bucket: text,
    prefix: text,
    sources: [text],
    options: {},
  } as const;
  const gap = { run: entry, sources: [text], notStarted: undefined, scopes: [text] };
  return {
    isClosed: false,
    skipped: 0,
    unfinished: [{ ...gap, kind: 'killed' }],
    parts: [{ ...gap, kind: 'part' }],
    totals: TOTALS,
    findings: [{ id: text, outcome: text, code: text, reason: text }],
    runs: [run],
    codes: { [text]: 1 },
  };
}

function facts(text: string): ReportFacts {
  return {
    sizes: [
      { before: 350_000, after: 100_000 },
      { before: 350_000, after: 100_000 },
    ],
    workflows: [{ ownerId: text, workflowId: text, documents: 2, bytesBefore: 700_000, bytesAfter: 200_000 }],
    hazards: new Map([[text, 1]]),
    resume: { rows: 2, refusedBefore: 2, refusedAfter: 0, reasons: new Map([[text, { before: 2, after: 0 }]]) },
  };
}

const AT = new Date('2026-02-01T00:00:00Z');
const pageOf = (text: string) => reportPage(text, report(text), facts(text), AT);

/** Names of all elements, in order. */
const elements = (page: string) => Array.from(page.matchAll(/<([a-z][a-z0-9]*)/gi), ([, name]) => name);

describe('the page of a report', () => {
  it.each(EVIL)('has the same elements whatever the documents are called: %j', (text) => {
    expect(elements(pageOf(text))).toEqual(elements(pageOf('harmless')));
    expect(pageOf(text)).not.toMatch(/[^\P{Cc}\n]|[\u200b\u202e\ud800]/u);
  });

  it('asks nobody for anything and runs nothing', () => {
    const page = pageOf('harmless');
    expect(page).toContain('default-src &#39;none&#39;');
    expect(page).not.toMatch(/<script|<link|<iframe|<img|\b(?:src|href|xlink:href)=|url\(|@import|https?:/i);
  });

  it('has every section', () => {
    const titles = Array.from(pageOf('x').matchAll(/<h2>(.*?)<\/h2>/g), ([, title]) => title);
    expect(titles).toEqual([
      'Outcomes',
      'Bytes before and after',
      'Savings per workflow',
      'Resumability',
      'Hazards',
      'Failures',
      'Runs',
    ]);
    expect(pageOf('x')).toContain('@media print');
  });

  it('says so where there is nothing to draw', () => {
    const empty: ReportFacts = {
      sizes: [],
      workflows: [],
      hazards: new Map(),
      resume: { rows: 0, refusedBefore: 0, refusedAfter: 0, reasons: new Map() },
    };
    const page = reportPage('j', { ...report('x'), findings: [], codes: {} }, empty, AT);
    expect(page).toContain('No document was migrated.');
    expect(page).not.toContain('Resumability');
    expect(page).not.toContain('NaN');
  });
});

describe('the chart of sizes', () => {
  const countsIn = (text: string, tone: string) =>
    Array.from(text.matchAll(new RegExp(`<title>${tone}: ([\\d,]+) from`, 'g')), ([, count]) =>
      Number(count!.replaceAll(',', '')),
    );

  it.each([
    ['one bag', [{ before: 371_000, after: 120_000 }]],
    ['all of one size', Array.from({ length: 50 }, () => ({ before: 5_000, after: 5_000 }))],
    [
      'from one byte to a gigabyte',
      [
        { before: 1, after: 1 },
        { before: 1e9, after: 2 },
      ],
    ],
    ['at the limit', [{ before: 262_144, after: 262_144 }]],
  ])('counts every bag once before and once after: %s', (_, sizes) => {
    const { text } = sizeChart(sizes);
    const sum = (tone: string) => countsIn(text, tone).reduce((total, count) => total + count, 0);
    expect([sum('before'), sum('after')]).toEqual([sizes.length, sizes.length]);
    expect(text).not.toMatch(/NaN|Infinity|undefined/);
    expect(text).toContain('262,144');
  });
});

describe('markup', () => {
  it('escapes texts, joins lists and leaves markup as it is', () => {
    expect(html`<a>${['<', html`<b>${'&'}</b>`, 1, undefined]}</a>`.text).toBe('<a>&lt;<b>&amp;</b>1</a>');
  });

  it('spells out what cannot be seen', () => {
    expect(html`${'a\u202eb\u0007'}`.text).toBe('a\\u202eb\\u0007');
  });
});
