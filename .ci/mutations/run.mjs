import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { parseArgs } from 'node:util';
import { TreeCopy } from './copy.mjs';
import { breakGuard, readGuards } from './guards.mjs';

const USAGE = `usage: .ci/mutations/run [--messages] [--timeout SECONDS] --all | --sample N [--seed TEXT] | M1,M2,…

Breaks guards of test/mutations.md in a copy of the tree, one at a time, and runs the test files that must turn red.
Exit 0: all were caught. Exit 1: one survived, did not apply, or could not be judged. Exit 2: wrong arguments.
`;

class UsageError extends Error {}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

async function main() {
  const { values, positionals } = parseArguments();
  const timeoutMs = 1_000 * numberOf('timeout', values.timeout);
  const guards = chooseGuards(readGuards(), values, positionals);
  const copy = new TreeCopy();
  // Schemas of the user are checked by a bundle of its own, also where the rest of a test runs from the sources.
  copy.run('build');
  for (const { file, needsBuild } of guards) if (needsBuild) copy.assertRebuildable(file);
  const tests = [...new Set(guards.flatMap(({ red }) => red))];
  console.log(`${guards.length} guards; their ${tests.length} test files run first without a change`);
  const began = Date.now();
  const whole = await runTests(copy, tests, timeoutMs * guards.length);
  if (whole.flaw) throw new Error(`the tests of the unbroken copy gave no result: ${whole.flaw}`);
  console.log(`${whole.count} tests in ${((Date.now() - began) / 1_000).toFixed(0)} s\n`);
  const broken = tests.filter((test) => (whole.files.get(test)?.failed.length ?? 1) > 0);
  for (const test of broken) console.log(`${test} fails although nothing is broken: ${firstFailure(whole, [test])}`);
  const results = [];
  for (const guard of guards) {
    const start = Date.now();
    const verdict = guard.red.some((test) => broken.includes(test))
      ? { status: 'NO BASELINE', detail: 'its tests fail although nothing is broken' }
      : await tryGuard(copy, guard, timeoutMs);
    results.push({ guard, ...verdict, seconds: (Date.now() - start) / 1_000 });
    console.log(formatRow(results.at(-1)));
    if (values.messages) for (const message of (verdict.messages ?? []).slice(0, 3)) console.log(`       ${message}`);
  }
  const caught = results.filter(({ status }) => status === 'caught').length;
  console.log(`\n${caught} of ${results.length} guards caught`);
  for (const result of results) if (result.status !== 'caught') console.log(formatRow(result));
  return caught === results.length ? 0 : 1;
}

function parseArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        all: { type: 'boolean', default: false },
        sample: { type: 'string' },
        seed: { type: 'string' },
        messages: { type: 'boolean', default: false },
        timeout: { type: 'string', default: '300' },
      },
    });
  } catch (error) {
    throw new UsageError(error.message);
  }
}

function numberOf(name, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`--${name} takes a whole number above 0, not "${text}"`);
  return Number(text);
}

function chooseGuards(guards, { all, sample, seed }, positionals) {
  const asked = [all, sample !== undefined, positionals.length > 0].filter(Boolean).length;
  if (asked !== 1) throw new UsageError('give --all, --sample N or a list of guards');
  if (all) return guards;
  if (sample !== undefined) return sampleOf(guards, numberOf('sample', sample), seed ?? headCommit());
  const ids = positionals.flatMap((list) => list.split(','));
  const unknown = ids.find((id) => !guards.some((guard) => guard.id === id));
  if (unknown !== undefined) throw new UsageError(`test/mutations.md has no guard ${unknown}`);
  return guards.filter(({ id }) => ids.includes(id));
}

/** Another commit gives another sample, so that all guards are tried over time. */
function sampleOf(guards, count, seed) {
  console.log(`--sample ${count} --seed ${seed}`);
  const rank = ({ id }) => createHash('sha256').update(`${seed} ${id}`).digest('hex');
  const chosen = [...guards].sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, count);
  return guards.filter((guard) => chosen.includes(guard));
}

function headCommit() {
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' });
  if (status !== 0) throw new UsageError('this is not a git checkout: give --sample a --seed');
  return stdout.trim();
}

async function tryGuard(copy, guard, timeoutMs) {
  const text = copy.read(guard.file);
  try {
    copy.write(guard.file, breakGuard(guard, text));
  } catch (error) {
    return { status: 'NOT APPLIED', detail: error.message };
  }
  try {
    if (guard.needsBuild) copy.rebuild(guard.file);
    copy.declareBuilt();
    return judge(guard, await runTests(copy, guard.red, timeoutMs));
  } finally {
    copy.write(guard.file, text);
    if (guard.needsBuild) copy.rebuild(guard.file);
    copy.declareBuilt();
  }
}

/** Each of the named files must have a test that fails, and not by its time limit unless the guard says so. */
function judge(guard, run) {
  if (run.flaw) return { status: 'NO RESULT', detail: run.flaw };
  const counts = `${run.failedCount} of ${run.count}`;
  const isGreen = (test) => !run.files.get(test)?.failed.some(({ isTimeout }) => guard.timeoutCounts || !isTimeout);
  const green = guard.red.filter(isGreen);
  const messages = [...run.files.values()].flatMap(({ failed }) => failed.map(({ message }) => message));
  if (green.length > 0) return { status: 'SURVIVED', counts, messages, detail: `no test fails in ${green.join(', ')}` };
  return { status: 'caught', counts, messages, detail: firstFailure(run, guard.red) };
}

function firstFailure({ files }, tests) {
  const [test] = tests;
  return `${test}: ${files.get(test)?.failed[0]?.title ?? 'no test ran'}`;
}

/** One run for each configuration of Vitest. `flaw` when one of them says nothing about the guard. */
async function runTests(copy, tests, timeoutMs) {
  const sum = { files: new Map(), failedCount: 0, count: 0 };
  for (const config of ['vitest.config.ts', 'vitest.sweeps.config.ts']) {
    const chosen = tests.filter((test) => configOf(test) === config);
    if (chosen.length === 0) continue;
    const run = await runVitest(copy, config, chosen, timeoutMs);
    if (run.flaw) return run;
    for (const [test, result] of run.files) sum.files.set(test, result);
    sum.failedCount += run.failedCount;
    sum.count += run.count;
  }
  return sum;
}

function configOf(test) {
  return test.startsWith('test/sweeps/') ? 'vitest.sweeps.config.ts' : 'vitest.config.ts';
}

async function runVitest(copy, config, tests, timeoutMs) {
  const report = join(copy.directory, 'mutation-report.json');
  rmSync(report, { force: true });
  const options = ['run', '--config', config, '--reporter=json', `--outputFile=${report}`];
  const vitest = ['node_modules/vitest/vitest.mjs', ...options, ...tests];
  const child = spawn(process.execPath, vitest, { cwd: copy.directory, detached: true, stdio: 'ignore' });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    // The workers of the test run, too.
    process.kill(-child.pid, 'SIGKILL');
  }, timeoutMs);
  const stop = (signal) => {
    process.kill(-child.pid, 'SIGKILL');
    process.exit(128 + constants.signals[signal]);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  await new Promise((resolve) => child.once('close', resolve));
  process.off('SIGINT', stop).off('SIGTERM', stop);
  clearTimeout(timer);
  return isLate ? { flaw: `the tests did not end within ${timeoutMs / 1_000} s` } : readReport(copy, report);
}

function readReport(copy, path) {
  let report;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { flaw: 'vitest wrote no report' };
  }
  const files = new Map();
  for (const { name, status, assertionResults, message } of report.testResults) {
    const failed = assertionResults.filter((result) => result.status === 'failed').map(failureOf);
    const test = name.slice(copy.directory.length + 1);
    // A file that could not be loaded has no test that fails: the change made something else than a broken guard.
    if (status === 'failed' && failed.length === 0)
      return { flaw: `${test} was not loaded: ${message.split('\n')[0]}` };
    files.set(test, { failed });
  }
  return { files, failedCount: report.numFailedTests, count: report.numTotalTests };
}

function failureOf({ fullName, failureMessages }) {
  const message = (failureMessages[0] ?? '').split('\n')[0];
  return {
    title: fullName,
    message,
    isTimeout: failureMessages.every((text) => /\b(Test|Hook) timed out in \d+ms/.test(text)),
  };
}

function formatRow({ guard, status, counts = '', seconds, detail }) {
  const columns = [guard.id.padEnd(4), status.padEnd(11), counts.padEnd(10), `${seconds.toFixed(1)} s`.padStart(8)];
  return `${columns.join(' ')}  ${detail}`;
}
