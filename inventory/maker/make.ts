import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readInventory, readRemovals, REMOVED, REMOVED_HEAD, staleLines, unexplained } from './check.js';
import { renderErrorsPage } from './errors-page.js';
import { readFacts } from './facts.js';
import type { Inventory } from './facts.js';
import { ROOT } from './root.js';

const FOLDER = join(ROOT, 'inventory');
const BEFORE = join(FOLDER, 'before');
const ERRORS_PAGE = join(ROOT, 'docs/errors.md');

const { check, freeze } = parseArgs({
  options: { check: { type: 'boolean', default: false }, freeze: { type: 'boolean', default: false } },
}).values;

const { inventory, problems } = await readFacts();
const stale = check ? [...staleLines(readInventory(FOLDER), inventory), ...stalePage()] : [];
if (!check) write(inventory);
if (freeze) keepAsBefore(inventory);
const open = unexplained(readInventory(BEFORE), inventory, readRemovals(FOLDER));
const all = [...problems, ...stale, ...open];
const count = [...inventory.values()].reduce((sum, lines) => sum + lines.size, 0);
process.stdout.write(`${all.map((problem) => `${problem}\n`).join('')}${count} facts, ${all.length} problems\n`);
process.exitCode = all.length === 0 ? 0 : 1;

function write(made: Inventory): void {
  for (const [file, lines] of made) writeFileSync(join(FOLDER, file), `${[...lines].join('\n')}\n`);
  writeFileSync(ERRORS_PAGE, renderErrorsPage());
}

function stalePage(): readonly string[] {
  const isCurrent = readFileSync(ERRORS_PAGE, 'utf8') === renderErrorsPage();
  return isCurrent ? [] : ['docs/errors.md is not what the catalogue of codes says'];
}

/** From now on lines are compared with those of today. */
function keepAsBefore(made: Inventory): void {
  rmSync(BEFORE, { recursive: true, force: true });
  mkdirSync(BEFORE);
  for (const file of made.keys()) copyFileSync(join(FOLDER, file), join(BEFORE, file));
  writeFileSync(join(FOLDER, REMOVED), REMOVED_HEAD);
}
