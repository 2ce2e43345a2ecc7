import { parseMaxFailures } from '../../run/limits.js';
import type { MaxFailures } from '../../run/limits.js';
import { ConfigError } from '../../errors/index.js';
import { optionGroup } from '../command.js';
import type { OptionValues } from '../command.js';
import { parseWhole } from './parse-value.js';
import { parseShard } from '../../sources/shard.js';
import type { Shard } from '../../sources/shard.js';

/** Documents in hand at a time unless told otherwise. */
const DEFAULT_CONCURRENCY = 8;

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

export interface SelectionSettings {
  readonly limit?: number;
  readonly shard?: Shard;
  readonly conditions: readonly (readonly [name: string, value: string])[];
}

export function concurrencySetting({ concurrency }: OptionValues<typeof concurrencyOptions>): number {
  return concurrency === undefined ? DEFAULT_CONCURRENCY : parseWhole('concurrency', concurrency, 1);
}

/** Throws `ConfigError`. */
export function selectionSettings(values: OptionValues<typeof selectionOptions>): SelectionSettings {
  return {
    ...(values.limit === undefined ? {} : { limit: parseWhole('limit', values.limit, 1) }),
    ...(values.shard === undefined ? {} : { shard: parseShard(values.shard) }),
    conditions: values.where.map(parseCondition),
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
