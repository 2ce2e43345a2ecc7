import { resolve } from 'node:path';
import type { MaxFailures } from '../../run/limits.js';
import type { Layout } from '../../bag/keys.js';
import type { ManifestForm } from '../../bag/manifest.js';
import { ConfigError } from '../../errors/index.js';
import { optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import type { CliIo } from '../io.js';
import { journalDirectory, journalOptions } from '../options/journal-options.js';
import { layoutOptions } from '../options/layout-options.js';
import { layoutSettings } from '../options/layout-settings.js';
import { outputOptions, outputSettings } from '../options/output-options.js';
import type { OutputSettings } from '../options/output-options.js';
import { parseChoice, parseWhole } from '../options/parse-value.js';
import {
  concurrencyOptions,
  concurrencySetting,
  maxFailuresSetting,
  selectionOptions,
  selectionSettings,
} from '../options/run-options.js';
import type { SelectionSettings } from '../options/run-options.js';
import { dynamodbOptions, tableSettings } from '../options/dynamodb-options.js';
import { requireStore, storeOptions } from '../options/store-options.js';
import type { StoreSettings } from '../../sources/open-store.js';
import { usualTarget } from './usual-target.js';
import type { TableSettings } from '../../sources/open.js';

export const migrateOptions = {
  ...optionGroup('What to do', {
    apply: { type: 'boolean', describe: 'write; without it everything is computed and nothing written' },
    to: {
      type: 'string',
      value: 'lean|bridge',
      describe:
        'what becomes of the bags; bridge refuses bags of the flat era (default lean, for rows of a table bridge)',
    },
    manifest: { type: 'string', value: 'list|envelope', describe: 'form of the segment manifest (default list)' },
    out: { type: 'string', value: 'DIR|FILE|-', describe: 'write copies instead of rewriting in place' },
    'plan-out': { type: 'string', value: 'FILE', describe: 'write a plan for review (in a dry run)' },
    plan: { type: 'string', value: 'FILE', describe: 'do what the plan says and nothing else' },
    verify: { type: 'boolean', describe: 'verify everything afterwards' },
  }),
  ...journalOptions,
  ...storeOptions,
  ...dynamodbOptions,
  ...concurrencyOptions,
  ...selectionOptions,
  ...optionGroup('Which documents, and how fast', {
    workers: {
      type: 'string',
      value: 'N',
      describe: 'processes to write with, each for a share of the files, objects or rows (default 1)',
    },
    'only-failed': { type: 'boolean', describe: 'only documents that failed or were quarantined, as the journal says' },
    'max-failures': { type: 'string', value: 'N|P%', describe: 'stop when more than so many fail or are quarantined' },
  }),
  ...layoutOptions,
  ...outputOptions,
};

export type MigrateArguments = CommandArguments<typeof migrateOptions>;

/** What a user wants migrated, checked as far as it can be without touching anything. Paths are absolute. */
export interface MigrationRequest {
  readonly sources: readonly string[];
  readonly store: StoreSettings;
  readonly tables: TableSettings;
  readonly layout: Layout;
  readonly target: 'lean' | 'bridge';
  readonly manifestForm: ManifestForm;
  /** `--manifest` was given: manifests of the other form are written again. */
  readonly isFormAsked: boolean;
  readonly apply: boolean;
  readonly verify: boolean;
  /** As given; `-` is standard output. */
  readonly out: string | undefined;
  readonly planOut: string | undefined;
  readonly plan: string | undefined;
  readonly journal: string;
  readonly concurrency: number;
  /** Processes that write; a dry run needs no more than one. */
  readonly workers: number;
  readonly selection: SelectionSettings;
  readonly onlyFailed: boolean;
  readonly maxFailures: MaxFailures | undefined;
  readonly output: OutputSettings;
  readonly given: readonly string[];
}

/** Throws `ConfigError` for options that contradict each other. */
export function parseRequest({ positionals, options, given }: MigrateArguments, io: CliIo): MigrationRequest {
  const out = options.out ?? (positionals.includes('-') ? '-' : undefined);
  refuseContradictions(options, options.apply && out === '-');
  return {
    sources: positionals,
    store: requireStore(options, layoutSettings(options)),
    tables: tableSettings(options),
    layout: layoutSettings(options),
    target: parseChoice('to', options.to ?? usualTarget(positionals), ['lean', 'bridge']),
    manifestForm: parseChoice('manifest', options.manifest ?? 'list', ['list', 'envelope']),
    isFormAsked: options.manifest !== undefined,
    apply: options.apply,
    verify: options.verify,
    out,
    planOut: absolute(options['plan-out'], io),
    plan: absolute(options.plan, io),
    journal: journalDirectory(options, io),
    concurrency: concurrencySetting(options),
    workers: options.workers === undefined ? 1 : parseWhole('workers', options.workers, 1),
    selection: selectionSettings(options),
    onlyFailed: options['only-failed'],
    maxFailures: maxFailuresSetting(options['max-failures']),
    output: outputSettings(options, io),
    given,
  };
}

function refuseContradictions(options: MigrateArguments['options'], isStdout: boolean): void {
  const { apply, plan, verify, json, where, workers, limit } = options;
  const planOut = options['plan-out'];
  refuse(planOut !== undefined && apply, '--plan-out belongs to a dry run; leave --apply away');
  refuse(
    planOut !== undefined && plan !== undefined,
    '--plan-out makes a plan and --plan follows one; give one of them',
  );
  refuse(
    plan !== undefined && (where.length > 0 || options['only-failed']),
    '--plan names its documents; --where and --only-failed belong to making it',
  );
  refuse(isStdout && json, '--json and the documents both want standard output; give --out FILE');
  refuse(
    workers !== undefined && limit !== undefined,
    '--workers and --limit: each process would count for itself; give one of them',
  );
  refuse(workers !== undefined && isStdout, 'one stream cannot be shared by --workers');
  refuse(verify && !apply, '--verify reads what --apply has written; give both');
  refuse(verify && isStdout, 'what went to standard output cannot be verified; give --out FILE');
}

function refuse(isWrong: boolean, message: string): void {
  if (isWrong) throw new ConfigError('USAGE', message);
}

function absolute(path: string | undefined, { cwd }: CliIo): string | undefined {
  return path === undefined ? undefined : resolve(cwd, path);
}
