#!/usr/bin/env node
// Checks test/MAP.tsv: each test title of an older checkout still exists, or has a row that says where it went.
// Usage: node .ci/test-map.mjs OLD_CHECKOUT
//
// A row has five columns: old file, old title, new file, new title, reason. A `*` in a title stands for any text, so
// that one row is enough for a table of tests. The new title is `gone` when no test replaces it; the reason is then mandatory.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';

const COLUMNS = ['old file', 'old title', 'new file', 'new title', 'reason'];
const TREE = resolve(import.meta.dirname, '..');

const old = process.argv[2];
if (old === undefined) {
  console.error('Usage: node .ci/test-map.mjs OLD_CHECKOUT (a checkout of the older commit, with node_modules)');
  process.exit(2);
}

const rows = readRows(join(TREE, 'test/MAP.tsv'));
const before = titlesOf(resolve(old));
const today = titlesOf(TREE);
const faults = [...missing(before, today, rows), ...rows.flatMap((row) => faultsOf(row, before, today))];
for (const fault of faults) console.error(fault);
console.log(
  `test map: ${count(before)} titles before, ${count(today)} today, ${rows.length} rows, ${faults.length} faults`,
);
process.exit(faults.length === 0 ? 0 : 1);

/** Titles that have neither a test of the same file and name today nor a row. */
function missing(before, today, rows) {
  return [...before].flatMap(([file, titles]) =>
    [...titles]
      .filter((title) => !today.get(file)?.has(title))
      .filter((title) => !rows.some((row) => row.oldFile === file && matches(row.oldTitle, title)))
      .map((title) => `${file}: "${title}" has no test today and no row in test/MAP.tsv`),
  );
}

/** What is wrong with a row: it names an old title that never was, or a new one that does not exist. */
function faultsOf({ line, oldFile, oldTitle, newFile, newTitle, reason }, before, today) {
  const at = `test/MAP.tsv:${line}`;
  const faults = [];
  if (!exists(before.get(oldFile), oldTitle)) faults.push(`${at}: ${oldFile} never had "${oldTitle}"`);
  if (newTitle === 'gone') {
    if (reason === '') faults.push(`${at}: a title that is gone needs a reason`);
  } else if (!exists(today.get(newFile), newTitle)) faults.push(`${at}: ${newFile} has no test "${newTitle}"`);
  return faults;
}

function exists(titles, pattern) {
  return titles !== undefined && [...titles].some((title) => matches(pattern, title));
}

function matches(pattern, title) {
  return pattern === title || (pattern.includes('*') && asRegExp(pattern).test(title));
}

function asRegExp(pattern) {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

/** Titles by file, as every vitest configuration of a checkout lists them, without tests that need a server to be listed. */
function titlesOf(tree) {
  const titles = new Map();
  for (const config of readdirSync(tree).filter((name) => /^vitest\.(?:.*\.)?config\.ts$/.test(name))) {
    for (const { file, name } of listed(tree, config, config.includes('.real.') ? ['test/real/tools'] : [])) {
      const path = relative(tree, file);
      titles.set(path, (titles.get(path) ?? new Set()).add(oneLine(name)));
    }
  }
  return titles;
}

function listed(tree, config, folders) {
  const folder = mkdtempSync(join(tmpdir(), 'test-map-'));
  try {
    const out = join(folder, 'titles.json');
    const vitest = join(tree, 'node_modules/vitest/vitest.mjs');
    const { status, stderr } = spawnSync(
      process.execPath,
      [vitest, 'list', '--config', config, ...folders, `--json=${out}`],
      {
        cwd: tree,
        encoding: 'utf8',
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    if (status !== 0) throw new Error(`vitest list of ${join(tree, config)} failed:\n${stderr}`);
    return JSON.parse(readFileSync(out, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readRows(path) {
  const [header, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  if (header !== COLUMNS.join('\t')) throw new Error(`${path} must begin with the columns ${COLUMNS.join(', ')}`);
  return lines.map((text, index) => {
    const [oldFile, oldTitle, newFile = '', newTitle = '', reason = ''] = text.split('\t');
    return { line: index + 2, oldFile, oldTitle, newFile, newTitle, reason };
  });
}

/** Titles may hold line breaks and tabs, which a row cannot. */
function oneLine(title) {
  return title.replaceAll(/\s+/g, ' ');
}

function count(titles) {
  return [...titles.values()].reduce((sum, { size }) => sum + size, 0);
}
