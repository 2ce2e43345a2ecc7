import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readInventory, readRemovals, staleLines, unexplained } from '../inventory/maker/check.js';
import { readFacts } from '../inventory/maker/facts.js';
import type { Facts, Inventory } from '../inventory/maker/facts.js';
import { ROOT } from '../inventory/maker/root.js';

const FOLDER = join(ROOT, 'inventory');
const OPTION = 'migrate  --only-failed  type: boolean';
const CODE = 'POINTER_DANGLING  PointerError  retryable: no';

const committed = readInventory(FOLDER);
const before = readInventory(join(FOLDER, 'before'));
let facts: Facts;

// Reading the types of all sources takes a few seconds, and many on a loaded machine.
beforeAll(async () => {
  facts = await readFacts();
}, 180_000);

/** An inventory without one of its lines. */
function without(inventory: Inventory, file: string, line: string): Inventory {
  const lines = new Set(inventory.get(file));
  if (!lines.delete(line)) throw new Error(`${file} has no line ${line}`);
  return new Map([...inventory, [file, lines]]);
}

describe('the inventory', () => {
  it('has what the sources say; if this fails, run `npm run inventory`', () => {
    expect(staleLines(committed, facts.inventory)).toEqual([]);
  });

  it('has a reason in removed.tsv for each line of before/ that is gone', () => {
    expect(unexplained(before, facts.inventory, readRemovals(FOLDER))).toEqual([]);
  });

  it('has a declared type for every key of JSON that the sample wrote', () => {
    expect(facts.problems).toEqual([]);
  });

  it.each([
    ['exports.txt', 'statebag-shim  ShimOptions.cache?: CacheOptions'],
    ['exports.txt', 'statebag-shim/s3  S3ObjectStoreOptions.client?: S3Client'],
    ['options.txt', OPTION],
    ['options.txt', 'asl  action: patch'],
    ['options.txt', 'validate  --expect  choice: invalid'],
    ['environment.txt', 'STATEBAG_MODE  proxy'],
    ['environment.txt', 'STATEBAG_RECORDS  functions'],
    ['environment.txt', 'NO_COLOR  command line'],
    ['environment.txt', 'STATEBAG_NODE  deploy/runtime-proxy/wrapper'],
    ['errors.txt', CODE],
    ['errors.txt', 'class InternalError  exit 70 (internal)'],
    ['exit-codes.txt', '130  interrupted'],
    ['diagnostics.txt', 'statebag-shim:fail-open  message.reason: string'],
    ['json-keys.txt', 'migrate --json  documents[].outcome = "quarantined"'],
    ['json-keys.txt', 'journal  inverse[].pieces[].deflate: string'],
    ['json-keys.txt', 'validate --format sarif  runs[].results[].ruleId: string'],
    ['names.txt', 'rule of asl check  asl/passes-program'],
  ])('in %s has the line "%s"', (file, line) => {
    expect([...(facts.inventory.get(file) ?? [])]).toContain(line);
  });
});

describe('the check of the inventory', () => {
  it('reports a fact that the committed files lack', () => {
    expect(staleLines(without(committed, 'errors.txt', CODE), committed)).toEqual([`errors.txt lacks: ${CODE}`]);
  });

  it('reports a committed line that the sources do not have', () => {
    expect(staleLines(committed, without(committed, 'options.txt', OPTION))).toEqual([
      `options.txt has, and the sources do not: ${OPTION}`,
    ]);
  });

  it('reports a removed line, until removed.tsv has a reason for it', () => {
    const current = without(before, 'options.txt', OPTION);
    const removal = { file: 'options.txt', line: OPTION };
    const problem = `options.txt: removed without a reason in removed.tsv: ${OPTION}`;
    expect(unexplained(before, current, [])).toEqual([problem]);
    expect(unexplained(before, current, [{ ...removal, reason: '' }])).toEqual([problem]);
    expect(unexplained(before, current, [{ ...removal, reason: 'it was never read' }])).toEqual([]);
  });

  it('reports a line of removed.tsv that is not removed', () => {
    expect(unexplained(before, before, [{ file: 'errors.txt', line: CODE, reason: 'renamed' }])).toEqual([
      `removed.tsv names a line of errors.txt that is not removed: ${CODE}`,
    ]);
  });

  it('reports a file of before/ that is gone with all its lines', () => {
    const current = new Map([...before].filter(([file]) => file !== 'exit-codes.txt'));
    expect(unexplained(before, current, [])).toHaveLength(before.get('exit-codes.txt')!.size);
  });
});
