import { parseMaxFailures } from '../../run/limits.js';
import type { MaxFailures } from '../../run/limits.js';
import { ConfigError } from '../../errors/index.js';
import { DEFAULT_CONCURRENCY } from '../../run/request.js';
import type { Selection } from '../../run/request.js';
import { optionGroup } from '../command.js';
import type { OptionValues } from '../command.js';
import { parseWhole } from './parse-value.js';
import { parseShard } from '../../sources/shard.js';

/** How many documents are worked on at a time. */
export const concurrencyOptions = optionGroup('Which documents, and how fast', {
  concurrency: { type: 'string', value: 'N', describe: `documents in hand at a time (default ${DEFAULT_CONCURRENCY})` },
});

/** Which documents a run is about. */
export const selectionOptions = optionGroup('Which documents, and how fast', {
  limit: { type: 'string', value: 'N', describe: 'stop taking documents after N' },
  shard: { type: 'string', value: 'I/N', describe: 'the I-th of N parts; together the parts are everything, once' },
  where: { type: 'string', multiple: true, value: 'K=V', describe: 'only bags whose member K has the value V' },
});

export function concurrencySetting({ concurrency }: OptionValues<typeof concurrencyOptions>): number {
  return concurrency === undefined ? DEFAULT_CONCURRENCY : parseWhole('concurrency', concurrency, 1);
}

/** Throws `ConfigError`. */
export function selectionSettings(values: OptionValues<typeof selectionOptions>): Selection {
  return {
    ...(values.limit === undefined ? {} : { limit: parseWhole('limit', values.limit, 1) }),
    ...(values.shard === undefined ? {} : { shard: parseShard(values.shard) }),
    ...(values.where.length > 0 && { where: values.where.map(parseCondition) }),
  };
}

function parseCondition(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new ConfigError('USAGE', `--where takes NAME=VALUE, not "${text}"`);
}

export function maxFailuresSetting(text: string | undefined): MaxFailures | undefined {
  return text === undefined ? undefined : parseMaxFailures(text);
}
