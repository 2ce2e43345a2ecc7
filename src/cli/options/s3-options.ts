import type { S3ObjectStoreOptions } from '../../store/s3.js';
import { optionGroup } from '../command.js';
import type { OptionValues } from '../command.js';

/** How to reach S3, for a store and for sources alike. */
export const s3Options = optionGroup('S3', {
  endpoint: { type: 'string', value: 'URL', describe: 'an S3-compatible server or a VPC endpoint' },
  region: { type: 'string', value: 'NAME', describe: 'AWS region (default: that of the environment or profile)' },
  'path-style': { type: 'boolean', describe: 'address buckets as host/bucket/key (the default with --endpoint)' },
  'kms-key': {
    type: 'string',
    value: 'ID',
    describe: 'KMS key for objects that are written without an encryption of their own',
  },
  'expected-bucket-owner': { type: 'string', value: 'ACCOUNT', describe: 'account that must own every bucket' },
});

/** As a journal keeps them, so that `verify` and `rollback` reach the same S3. No credentials among them. */
export function s3Settings(values: OptionValues<typeof s3Options>): S3ObjectStoreOptions {
  return {
    ...(values.endpoint === undefined ? {} : { endpoint: values.endpoint }),
    ...(values.region === undefined ? {} : { region: values.region }),
    ...(values['path-style'] ? { forcePathStyle: true } : {}),
    ...(values['kms-key'] === undefined ? {} : { kmsKeyId: values['kms-key'] }),
    ...(values['expected-bucket-owner'] === undefined ? {} : { expectedBucketOwner: values['expected-bucket-owner'] }),
  };
}
