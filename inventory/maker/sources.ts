/*
 * Every place inside `src/` that the inventory reads. A redesign changes this file and no other of the inventory. All
 * else comes from the entries of the package, from its schemas, or from the types of the sources as a whole.
 */
export type { Option } from '../../src/cli/command.js';
export { EXIT, exitCodeOf } from '../../src/cli/exit-code.js';
export { COMMANDS, run } from '../../src/cli/run.js';
export type { CliIo } from '../../src/cli/io.js';
export { FORMATS } from '../../src/findings/format-names.js';
export { CODES } from '../../src/errors/codes.js';
export type { CodeFacts } from '../../src/errors/codes.js';
export { EXPLAINED, SECTIONS } from '../../src/explanations/index.js';
export type { Explanation, Section } from '../../src/explanations/index.js';
export { MIGRATIONS } from '../../migrations/list.js';
export { VALIDATION_RULES } from '../../src/cli/validation/rules.js';
export { DIFF_RULES } from '../../src/cli/schema-diff/diff-rules.js';
export { ASL_RULES } from '../../src/asl/rules.js';
export { parseEnvironment as readProxyEnvironment } from '../../src/runtime-proxy/settings.js';
export { fleetSettings as readFunctionEnvironment } from '../../src/fleet/lambda/environment.js';

/** Who reads a variable, by the folder of the file. The first that fits. */
export const READERS: readonly (readonly [folder: string, reader: string])[] = [
  ['src/cli/', 'command line'],
  ['src/runtime-proxy/', 'proxy'],
  ['src/lambda/', 'functions'],
  ['src/', 'library'],
];

/** Type of all messages by channel, exported by the package, and what stands before a channel's name. */
export const MESSAGES = { type: 'DiagnosticMessages', prefix: 'statebag-shim:' };

/** Types that an entry takes, but whose parts no entry exports, so that a user cannot make one. */
export const OPAQUE = new Set(['Fleet']);

/** A value that a program gets as JSON: the argument of a call, or the result of a function. */
export interface Written {
  readonly output: string;
  /** Where in the output it is; empty for the whole. */
  readonly at: string;
  readonly file: string;
  /** Text before the opening parenthesis of the call, with the name of its member in front where it has one: `m: f`. */
  readonly call: string;
}

/** JSON that is typed in the sources. Each place must be found, or the inventory is not made. */
export const WRITTEN: readonly Written[] = [
  ...['inspect', 'migrate', 'verify', 'rollback', 'can-contract', 'replay'].flatMap((name) => [
    { output: `${name} --json`, at: 'documents[]', file: `src/cli/commands/${name}.ts`, call: 'reporter.add' },
    { output: `${name} --json`, at: '', file: `src/cli/commands/${name}.ts`, call: 'reporter.finish' },
  ]),
  {
    output: 'fleet collect --json',
    at: 'documents[]',
    file: 'src/cli/commands/fleet-collect.ts',
    call: 'reporter.add',
  },
  { output: 'fleet collect --json', at: '', file: 'src/cli/commands/fleet-collect.ts', call: 'reporter.finish' },
  { output: 'fleet plan --json', at: '', file: 'src/cli/commands/fleet-plan.ts', call: 'JSON.stringify' },
  { output: 'gc --json', at: '', file: 'src/cli/commands/gc.ts', call: 'JSON.stringify' },
  { output: 'status --json', at: '', file: 'src/cli/commands/status.ts', call: 'JSON.stringify' },
  { output: 'report --json', at: '', file: 'src/cli/commands/report.ts', call: 'JSON.stringify' },
  { output: 'adapt and seal --ndjson', at: '', file: 'src/cli/filter/answer-lines.ts', call: 'JSON.stringify' },
  { output: 'function s3-batch resultString', at: '', file: 'src/fleet/lambda/s3-batch.ts', call: 'resultString' },
  { output: 'any report that ended early', at: '', file: 'src/cli/reporters/json-report.ts', call: 'this.finish' },
  { output: 'findings --format json, parts', at: '', file: 'src/findings/writers/json.ts', call: 'JSON.stringify' },
  { output: 'fleet manifest, jsonl', at: '', file: 'src/fleet/manifest.ts', call: 'JSON.stringify' },
  { output: 'proxy log', at: '', file: 'src/runtime-proxy/run.ts', call: 'JSON.stringify' },
  { output: 'proxy error answer', at: '', file: 'src/runtime-proxy/runtime-api.ts', call: 'JSON.stringify' },
  { output: 'journal', at: '', file: 'src/journal/journal.ts', call: 'JSON.stringify' },
  { output: 'journal', at: 'options', file: 'src/run/migrate.ts', call: 'options: omitUndefined' },
  { output: 'plan', at: 'options', file: 'src/run/migrate.ts', call: 'options: omitUndefined' },
  { output: 'plan', at: '', file: 'src/run/plan.ts', call: 'JSON.stringify' },
  { output: 'records', at: '', file: 'src/fleet/task-records.ts', call: 'JSON.stringify' },
];

/** Objects whose keys are data, such as codes or members of a user's program. `*` stands for what is in them. */
export const MAPS =
  /^(?<map>totals\.(?:dialects|envelopes|hazards)|resumability\.reasons\w+|codes|segmentConfig)[.[].*(?=: )/;
