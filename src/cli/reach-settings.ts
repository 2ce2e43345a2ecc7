import { s3Settings, tableSettings } from './options.js';
import type { dynamodbOptions, storeOptions } from './options.js';
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
