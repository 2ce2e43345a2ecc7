import { isTableUri } from '../../batch/sources/dynamodb-id.js';
import { ConfigError } from '../../errors/index.js';

/**
 * What becomes of the bags unless somebody says otherwise: the unchanged resume handler takes a row only in the bridge
 * form. Throws `ConfigError` `USAGE` for rows beside other documents: one run has one target.
 */
export function usualTarget(sources: readonly string[]): 'lean' | 'bridge' {
  const rows = sources.filter(isTableUri).length;
  if (rows === 0) return 'lean';
  if (rows === sources.length) return 'bridge';
  throw new ConfigError(
    'USAGE',
    'rows of a table usually become bridge and files lean; say which with --to, or take them one after the other',
  );
}
