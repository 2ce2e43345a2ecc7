import { ConfigError } from '../../errors/index.js';
import type { IdMapping } from '../../sources/id-map.js';
import { optionGroup } from '../command.js';
import type { OptionValues } from '../command.js';

/** For commands that open the documents of a journal. */
export const mapOptions = optionGroup('What to do', {
  map: {
    type: 'string',
    multiple: true,
    value: 'OLD=NEW',
    describe: 'documents were moved: their paths or URIs start with OLD in the journal, and with NEW now',
  },
});

/** Throws `ConfigError` `USAGE`. */
export function mapSettings({ map }: OptionValues<typeof mapOptions>): { readonly map: IdMapping } {
  return { map: map.map(parsePair) };
}

function parsePair(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0 && equals < text.length - 1) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new ConfigError('USAGE', `--map takes OLD=NEW, two paths or URIs, not "${text}"`);
}
