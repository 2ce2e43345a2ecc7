import type { Reporter, TestModule } from 'vitest/node';
import { ALLOWED, UNEXPLAINED } from './allowed.js';
import { SEED } from './inputs/shapes.js';
import type { OracleMeta } from './oracle.js';
import { isRecording, nextRecording, RECORDED, writeRecording } from './recorded.js';
import { describeChanges } from './recording-report.js';

/** Prints the minutes, the inputs by kind, the differences by rule. A rule that allowed nothing fails a whole run. */
export default class Summary implements Reporter {
  readonly #start = Date.now();

  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inputs = tests.flatMap((test) => {
      const { oracle } = test.meta();
      return oracle === undefined ? [] : [{ ...oracle, isPassed: test.result().state === 'passed' }];
    });
    const kinds = [...new Set(inputs.map(({ kind }) => kind))].sort();
    print('inputs by kind');
    for (const kind of kinds) {
      const ofKind = inputs.filter((input) => input.kind === kind);
      const seconds = sum(ofKind.map(({ milliseconds }) => milliseconds)) / 1000;
      const failed = ofKind.filter(({ isPassed }) => !isPassed).length;
      print(
        `${String(ofKind.length).padStart(7)}  ${kind} (${seconds.toFixed(1)} s)${failed === 0 ? '' : `, ${failed} DIFFER`}`,
      );
    }
    print('allowed differences by rule');
    const unused: string[] = [];
    for (const { id } of [...ALLOWED, ...UNEXPLAINED]) {
      const counts = inputs.flatMap(({ groups }) => (groups[id] === undefined ? [] : Number.parseInt(groups[id], 10)));
      if (counts.length === 0) unused.push(id);
      else print(`${String(sum(counts)).padStart(7)}  ${id}, in ${counts.length} inputs`);
    }
    for (const { id, why } of UNEXPLAINED) if (!unused.includes(id)) print(`UNEXPLAINED ${id}: ${why}`);
    const minutes = ((Date.now() - this.#start) / 60_000).toFixed(1);
    const differing = inputs.filter(({ isPassed }) => !isPassed).length;
    print(`${inputs.length} inputs, seed ${SEED}, ${differing} differ, ${minutes} minutes`);
    if (isRecording) record(inputs);
    if (!isWhole(inputs.length) || unused.length === 0) return;
    print(`rules of test/oracle/allowed.ts that allowed nothing: ${unused.join(', ')}. Remove them.`);
    process.exitCode = 1;
  }
}

function record(inputs: readonly (OracleMeta & { readonly isPassed: boolean })[]): void {
  if (SEED !== 1) {
    print('recorded nothing: recorded.tsv is about the inputs of seed 1');
    process.exitCode = 1;
    return;
  }
  // An input with a difference that no rule allows keeps its line.
  const ran = inputs.map((input) => (input.isPassed ? input : { ...input, groups: RECORDED.get(input.key) ?? {} }));
  const rows = nextRecording(RECORDED, ran, isWhole(inputs.length));
  for (const line of describeChanges(RECORDED, rows, ran)) print(line);
  writeRecording(rows);
  print(`recorded ${rows.size} inputs with allowed differences in test/oracle/recorded.tsv`);
}

function print(line: string): void {
  process.stdout.write(`oracle: ${line}\n`);
}

/** Whether every input ran: a rule may be about a bag of the corpus. */
function isWhole(inputs: number): boolean {
  const { STATEBAG_ORACLE_PART: part, STATEBAG_CORPUS: corpus } = process.env;
  return part === undefined && corpus !== undefined && SEED === 1 && inputs > 5000;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
