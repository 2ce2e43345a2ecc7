import { resolve } from 'node:path';
import { ConfigError } from '../../errors/index.js';
import type { SummarizeOptions } from '../../journal/read.js';
import { DEFAULT_JOURNAL } from '../../run/request.js';
import { optionGroup } from '../command.js';
import type { OptionValues } from '../command.js';
import type { CliIo } from '../io.js';

export const journalOptions = optionGroup('What to do', {
  journal: { type: 'string', value: 'DIR', describe: `where the journal is (default ${DEFAULT_JOURNAL})` },
});

/** For commands that read what earlier runs wrote. */
export const damageOptions = optionGroup('What to do', {
  'skip-damaged': { type: 'boolean', describe: 'skip damaged lines of the journal, and report how many' },
});

export function damageSettings({ 'skip-damaged': skipDamaged }: OptionValues<typeof damageOptions>): SummarizeOptions {
  return { skipDamaged };
}

type JournalValues = OptionValues<typeof journalOptions>;

/** Absolute. */
export function journalDirectory({ journal }: JournalValues, { cwd }: CliIo): string {
  return resolve(cwd, journal ?? DEFAULT_JOURNAL);
}

/** For commands that are about one journal. Throws `ConfigError` `USAGE`. */
export function requireJournal(values: JournalValues, io: CliIo): string {
  if (values.journal === undefined)
    throw new ConfigError('USAGE', '--journal DIR is missing: the one that migrate --apply wrote');
  return journalDirectory(values, io);
}
