import { tableSettings } from './options/dynamodb-options.js';
import type { dynamodbOptions } from './options/dynamodb-options.js';
import { s3Settings } from './options/s3-options.js';
import type { storeOptions } from './options/store-options.js';
import type { OptionValues } from './command.js';
import type { ReachRequest } from '../run/reach.js';

/** What the command line says of the places that a journal names. */
export function reachSettings(values: OptionValues<typeof storeOptions & typeof dynamodbOptions>): ReachRequest {
  return {
    ...(values.store !== undefined && { spec: values.store }),
    ...(values.bucket !== undefined && { bucket: values.bucket }),
    allowBuckets: values['allow-bucket'],
    allowPrefixes: values['allow-prefix'],
    s3: s3Settings(values),
    tables: tableSettings(values),
  };
}
