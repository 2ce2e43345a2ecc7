import type { Layout } from '../../bag/keys.js';
import { ConfigError } from '../../errors/index.js';
import { optionGroup } from '../command.js';
import type { OptionValues } from '../command.js';
import { s3Options, s3Settings } from './s3-options.js';
import type { StoreSettings } from '../../sources/open-store.js';

/** Which store holds the blobs, and how to reach it. */
export const storeOptions = {
  ...optionGroup('Store', {
    store: { type: 'string', value: 'S', describe: 's3://bucket[/prefix], or a directory that holds <bucket>/<key>' },
    bucket: { type: 'string', value: 'NAME', describe: 'bucket inside a directory store (default local)' },
    'allow-bucket': {
      type: 'string',
      multiple: true,
      value: 'NAME',
      describe: 'further bucket in which pointers may lead to the same key layouts as in that of the store',
    },
    'allow-prefix': {
      type: 'string',
      multiple: true,
      value: 'PREFIX',
      describe:
        'folder in which pointers may lead to any key: s3://bucket/prefix/, or prefix/ in the bucket of the store',
    },
  }),
  ...s3Options,
};

type StoreValues = OptionValues<typeof storeOptions>;

export function storeSettings(values: StoreValues, spec: string, layout: Layout): StoreSettings {
  return {
    spec,
    bucket: values.bucket,
    allowBuckets: values['allow-bucket'],
    allowPrefixes: values['allow-prefix'],
    s3: s3Settings(values),
    layout,
  };
}

/** Throws `ConfigError` `STORE_MISSING` when no store is named. */
export function requireStore(values: StoreValues, layout: Layout): StoreSettings {
  if (values.store !== undefined) return storeSettings(values, values.store, layout);
  throw new ConfigError('STORE_MISSING', '--store is missing: s3://bucket[/prefix], or a directory');
}
