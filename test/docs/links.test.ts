import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findBrokenLinks, findMissingPaths, listMarkdown } from './markdown.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DECISIONS = 'docs/decisions';

/** Pages for contributors, which name files of the source. */
const isForContributors = (file: string) =>
  ['ARCHITECTURE.md', 'CONTRIBUTING.md'].includes(file) || file.startsWith(`${DECISIONS}/`);

describe('a page of the documentation', () => {
  const pages = listMarkdown(ROOT);

  it('is found in the root, in docs and in docs/decisions', () => {
    expect(pages).toEqual(
      expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/errors.md', `${DECISIONS}/template.md`]),
    );
  });

  it.each(pages)('has relative links that lead to a file and a heading: %s', (page) => {
    expect(findBrokenLinks(ROOT, page)).toEqual([]);
  });

  it.each(pages.filter(isForContributors))('names only paths that exist: %s', (page) => {
    expect(findMissingPaths(ROOT, page)).toEqual([]);
  });
});

describe('the check of links', () => {
  it('reports a link to a missing file or heading, and none in code, to a folder or to another site', () => {
    const root = mkdtempSync(join(tmpdir(), 'statebag-links-'));
    onTestFinished(() => {
      rmSync(root, { recursive: true });
    });
    mkdirSync(join(root, 'docs'));
    writeFileSync(join(root, 'GUIDE.md'), '# `a` b: c\n\n## Twice\n\n## Twice\n\n```sh\n# not a heading\n```\n');
    writeFileSync(
      join(root, 'docs/page.md'),
      [
        '[1](../GUIDE.md) [2](../GUIDE.md#a-b-c) [3](../GUIDE.md#twice-1) [4](.) [5](https://example.org/x) [6](#own)',
        '# Own',
        '[gone](gone.md) [heading](../GUIDE.md#not-a-heading) [here](#nowhere) `[span](span.md)`',
        '```md',
        '[block](block.md)',
        '```',
        'in `src/gone.ts`, not in `src/*.ts`',
      ].join('\n'),
    );
    expect(findBrokenLinks(root, 'docs/page.md')).toEqual([
      { file: 'docs/page.md', target: 'gone.md', reason: 'no such file' },
      { file: 'docs/page.md', target: '../GUIDE.md#not-a-heading', reason: 'no such heading' },
      { file: 'docs/page.md', target: '#nowhere', reason: 'no such heading' },
    ]);
    expect(findMissingPaths(root, 'docs/page.md')).toEqual([
      { file: 'docs/page.md', target: 'src/gone.ts', reason: 'no such file' },
    ]);
  });
});

describe('the records of decisions', () => {
  const read = (name: string) => readFileSync(join(ROOT, DECISIONS, name), 'utf8');
  const headings = (name: string) => Array.from(read(name).matchAll(/^## (.+)$/gm), ([, title]) => title!);
  const records = readdirSync(join(ROOT, DECISIONS))
    .filter((name) => /^\d{4}-[a-z0-9-]+\.md$/.test(name))
    .sort();

  it('are numbered without a gap', () => {
    expect(records.length).toBeGreaterThanOrEqual(10);
    expect(records.map((name) => Number(name.slice(0, 4)))).toEqual(records.map((_, index) => index + 1));
  });

  it.each(records)('have the sections of the template, in its order: %s', (name) => {
    const sections = ['Context', 'Decision', 'Alternatives considered', 'Consequences', 'How it is tested'];
    expect(headings('template.md')).toEqual(sections);
    expect(headings(name)).toEqual(sections);
  });

  it('are all in the index, with the title, the first date and the status that they have', () => {
    const rows = Array.from(
      read('README.md').matchAll(/^\| \[(\d{4})\]\((.+?)\) \| (.+?) \| (.+?) \| (.+?) \|$/gm),
      ([, number, file, title, date, status]) => ({ number, file, title, date, status }),
    );
    const expected = records.map((file) => ({
      number: file.slice(0, 4),
      file,
      title: /^# \d{4}\. (.+)$/m.exec(read(file))?.[1],
      date: /^- Date: (\d{4}-\d\d-\d\d)/m.exec(read(file))?.[1],
      status: /^- Status: (.+)$/m.exec(read(file))?.[1],
    }));
    expect(rows).toEqual(expected);
  });
});
