import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endEntry, migrated, resultEntry, runEntry, writeJournal } from './journal-file.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const EVIL = [
  `</title><script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  `\u202eevil\u0000\u200b`,
  '</style><style>*{display:none}',
  '\ud800',
  '&amp;',
];

type Entry = Readonly<Record<string, unknown>>;

async function pageOf(entries: readonly Entry[], directory = 'journal'): Promise<string> {
  writeJournal(join(scratch.dir, directory), entries);
  const { out } = await statebag(scratch.dir, ['report', '--journal', directory, '--html', '-']);
  expect(out).toMatch(/^<!doctype html>/);
  return out;
}

/** A journal in which a text stands wherever a document, an operator or an older release may have put it. */
function journalOf(text: string): readonly Entry[] {
  const place = { command: text, target: text, tool: text, store: text, bucket: text, prefix: text, sources: [text] };
  const bag = { ownerId: text, workflowId: text, blobsWritten: 2, blobsReused: 2, hazards: [text] };
  return [
    runEntry({ ...place, at: text, options: { shard: text } }),
    ...migrated('one', 350_000, 100_000, { ...bag, refusals: { before: [text], after: [] } }),
    ...migrated('two', 350_000, 100_000, { ...bag, refusals: { before: [text], after: [] } }),
    resultEntry(text, { outcome: 'quarantined', code: text, reason: text }),
    endEntry(),
    // Killed: it has no end.
    runEntry({ ...place, run: text, at: text }),
  ];
}

/** A name for a directory with as much of a text as a file system takes. */
const directoryOf = (text: string) => `journal ${text.replace(/[/\0\ud800]/g, '_')}`;

/** Names of all elements, in order. */
const elements = (page: string) => Array.from(page.matchAll(/<([a-z][a-z0-9]*)/gi), ([, name]) => name);

describe('the page of a report', () => {
  it.each(EVIL)('has the same elements whatever the documents are called: %j', async (text) => {
    const page = await pageOf(journalOf(text), directoryOf(text));
    expect(elements(page)).toEqual(elements(await pageOf(journalOf('harmless'))));
    expect(page).not.toMatch(/[^\P{Cc}\n]|[\u200b\u202e\ud800]/u);
  });

  it('fetches nothing and runs nothing', async () => {
    const page = await pageOf(journalOf('harmless'));
    expect(page).toContain('default-src &#39;none&#39;');
    expect(page).not.toMatch(/<script|<link|<iframe|<img|\b(?:src|href|xlink:href)=|url\(|@import|https?:/i);
  });

  it('has every section, and one that is to be printed', async () => {
    const page = await pageOf(journalOf('x'));
    expect(Array.from(page.matchAll(/<h2>(.*?)<\/h2>/g), ([, title]) => title)).toEqual([
      'Outcomes',
      'Bytes before and after',
      'Savings per workflow',
      'Resumability',
      'Hazards',
      'Failures',
      'Runs',
    ]);
    expect(page).toContain('@media print');
    // One for the part that the run took, one for the run that was killed.
    expect(page.match(/<strong>/g)).toHaveLength(2);
  });

  it('says so where there is nothing to draw', async () => {
    const page = await pageOf([runEntry(), endEntry()]);
    expect(page).toContain('No document was migrated.');
    expect(page).toContain('No document failed or was quarantined.');
    expect(page).not.toContain('Resumability');
    expect(page).not.toContain('NaN');
  });

  it('escapes texts and spells out what cannot be seen', async () => {
    const page = await pageOf([
      runEntry(),
      resultEntry('doc', { outcome: 'quarantined', code: 'X', reason: '<b>&1</b> a\u202eb\u0007' }),
      endEntry(),
    ]);
    expect(page).toContain('&lt;b&gt;&amp;1&lt;/b&gt; a\\u202eb\\u0007');
    expect(page).not.toContain('undefined');
  });
});

describe('the chart of sizes', () => {
  const countsIn = (page: string, tone: string) =>
    Array.from(page.matchAll(new RegExp(`<title>\\s*${tone}: ([\\d,]+) from`, 'g')), ([, count]) =>
      Number(count!.replaceAll(',', '')),
    );

  it.each<[string, readonly (readonly [before: number, after: number])[]]>([
    ['one bag', [[371_000, 120_000]]],
    ['all of one size', Array.from({ length: 50 }, () => [5_000, 5_000] as const)],
    [
      'from one byte to a gigabyte',
      [
        [1, 1],
        [1e9, 2],
      ],
    ],
    ['at the limit', [[262_144, 262_144]]],
  ])('counts every bag once before and once after: %s', async (_, sizes) => {
    const documents = sizes.flatMap(([before, after], index) => migrated(`doc-${index}`, before, after));
    const page = await pageOf([runEntry(), ...documents, endEntry()]);
    const sum = (tone: string) => countsIn(page, tone).reduce((total, count) => total + count, 0);
    expect([sum('before'), sum('after')]).toEqual([sizes.length, sizes.length]);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
    expect(page).toContain('262,144');
  });
});
