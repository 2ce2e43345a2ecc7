import { parseLayout } from '../bag/keys.js';
import type { Layout } from '../bag/keys.js';
import { ConfigError } from '../errors/index.js';
import { list, optionGroup, parsed, path, whole, withDefault } from './command.js';
import type { CommandArguments, OptionValues } from './command.js';
import { parseDuration } from '../run/collect.js';
import { DEFAULT_CONCURRENCY } from '../run/request.js';
import type { Selection } from '../run/request.js';
import { omitUndefined } from '../sources/omit-undefined.js';
import { parseShard } from '../sources/shard.js';
import {
  applyOptions,
  dynamodbOptions,
  layoutOptions,
  outputOptions,
  requiredStoreOptions,
  surveyOptions,
} from './options.js';

const WHICH = 'Which documents, and how fast';

/** How many documents are worked on at a time. */
export const concurrencyOptions = optionGroup(WHICH, {
  concurrency: withDefault(whole('N', 'documents in hand at a time'), DEFAULT_CONCURRENCY),
});

/** Which documents a run is about. */
export const selectionOptions = optionGroup(WHICH, {
  limit: whole('N', 'stop taking documents after N'),
  shard: parsed('text', 'I/N', parseShard, 'the I-th of N parts; together the parts are everything, once'),
  where: list(parsed('text', 'K=V', parseCondition, 'only bags whose member K has the value V')),
});

export function selectionSettings({ limit, shard, where }: OptionValues<typeof selectionOptions>): Selection {
  return { ...omitUndefined({ limit, shard }), ...(where.length > 0 && { where }) };
}

function parseCondition(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new ConfigError('USAGE', `--where takes NAME=VALUE, not "${text}"`);
}

/** Throws `ConfigError` `LAYOUT_INVALID`. */
export function layoutSettings(values: OptionValues<typeof layoutOptions>): Layout {
  return parseLayout(
    omitUndefined({ config: values['config-key'], map: values['map-key'], manifest: values['manifest-key'] }),
  );
}

const duration = (describe: string, otherwise: string) =>
  parsed('time', 'TIME', (text, name) => parseDuration(name, text), describe, { otherwise });

export const gcOptions = {
  ...applyOptions('delete'),
  ...optionGroup('What to do', {
    journal: list(path('directory', 'DIR', 'journal whose rollback and verify must stay possible')),
  }),
  ...optionGroup('How long a blob is kept that nothing points to (the sum of the three)', {
    execution: duration('the longest that an execution may run', '366d'),
    redrive: duration('how long a failed execution may be redriven', '14d'),
    audit: duration('how long an auditor may ask what ran', '90d'),
  }),
  ...surveyOptions,
  ...requiredStoreOptions,
  ...dynamodbOptions,
  ...concurrencyOptions,
  ...layoutOptions,
  ...outputOptions,
};

export type GcArguments = CommandArguments<typeof gcOptions>;
