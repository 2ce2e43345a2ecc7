import type { TableSettings } from '../../sources/open.js';
import { optionGroup } from '../command.js';
import type { OptionValues } from '../command.js';
import { parseWhole } from './parse-value.js';
import { omitUndefined } from '../../sources/omit-undefined.js';

/** How to reach tables, and how hard to press them. */
export const dynamodbOptions = optionGroup('DynamoDB', {
  'dynamodb-endpoint': {
    type: 'string',
    value: 'URL',
    describe: 'DynamoDB Local or a VPC endpoint (--endpoint is that of S3)',
  },
  'max-wcu': {
    type: 'string',
    value: 'N',
    describe: 'write units a second, at most (default: until the table throttles, then less)',
  },
  'max-rcu': { type: 'string', value: 'N', describe: 'read units a second, at most' },
});

/** As a journal keeps them, so that `verify` and `rollback` reach the same table. No credentials among them. */
export function tableSettings(
  values: OptionValues<typeof dynamodbOptions> & { readonly region?: string | undefined },
): TableSettings {
  const { region, 'dynamodb-endpoint': endpoint, 'max-rcu': reads, 'max-wcu': writes } = values;
  return omitUndefined({
    region,
    endpoint,
    maxReadUnits: reads === undefined ? undefined : parseWhole('max-rcu', reads, 1),
    maxWriteUnits: writes === undefined ? undefined : parseWhole('max-wcu', writes, 1),
  });
}
