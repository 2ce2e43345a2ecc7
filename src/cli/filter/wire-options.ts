import type { BlobStore } from '../../store/index.js';
import type { WireOptions } from '../../shim/options.js';
import { WireShim } from '../../shim/wire-shim.js';
import { optionGroup } from '../command.js';
import type { OptionValues } from '../command.js';
import { ConfigError } from '../../errors/index.js';
import type { CliIo } from '../io.js';
import { noStore, openStore } from '../../sources/open-store.js';
import { layoutOptions } from '../options/layout-options.js';
import { layoutSettings } from '../options/layout-settings.js';
import { parseChoice } from '../options/parse-value.js';
import { storeOptions, storeSettings } from '../options/store-options.js';

/** What `adapt` and `seal` have in common. */
export const wireOptions = {
  ...storeOptions,
  ...layoutOptions,
  ...optionGroup('The runner', {
    speaks: {
      type: 'string',
      value: 'lean|fat|bridge',
      describe:
        'what it finds under workflow_config and partition_map: nothing, the values, or legacy pointers (default lean)',
    },
    'no-segment': { type: 'boolean', describe: 'it runs no segment: none is looked for' },
    envelope: {
      type: 'string',
      multiple: true,
      value: 'PATH',
      describe: 'where a bag may lie, such as state_data.bag, or . for the root (default anywhere)',
    },
  }),
  ...optionGroup('What to do', {
    ndjson: { type: 'boolean', describe: 'one document a line, for as long as there are lines; answers in order' },
    'dry-run': { type: 'boolean', describe: 'name the blobs without writing them' },
  }),
};

/** Throws `ConfigError` `STORE_MISSING` when blobs would have to be written nowhere. */
export async function openWireShim(
  values: OptionValues<typeof wireOptions>,
  io: CliIo,
  name: string,
): Promise<WireShim> {
  if (values.store === undefined && !values['dry-run'])
    throw new ConfigError('STORE_MISSING', `${name} writes blobs: say where with --store, or use --dry-run`);
  const blobs =
    values.store === undefined
      ? undefined
      : (await openStore(storeSettings(values, values.store, layoutSettings(values)), io.cwd)).blobs;
  const store = blobs && !values['dry-run'] ? blobs : writingNothing(blobs ?? { ...noStore({}), prefix: '' });
  const options: WireOptions = {
    store,
    mode: 'rewrite',
    layout: layoutSettings(values),
    segment: !values['no-segment'],
    ...(values.speaks === undefined ? {} : { speaks: parseChoice('speaks', values.speaks, ['lean', 'fat', 'bridge']) }),
    ...(values.envelope.length === 0 ? {} : { envelopes: values.envelope }),
  };
  return new WireShim(options);
}

type ReadStore = Pick<BlobStore, 'bucket' | 'prefix' | 'layout' | 'allowBuckets' | 'allowPrefixes' | 'get'>;

function writingNothing(store: ReadStore): BlobStore {
  const { layout, allowBuckets, allowPrefixes } = store;
  return {
    ...(layout && { layout }),
    ...(allowBuckets && { allowBuckets }),
    ...(allowPrefixes && { allowPrefixes }),
    bucket: store.bucket,
    prefix: store.prefix,
    description: 'a store that is not written to',
    uri: (key) => `s3://${store.bucket}/${store.prefix}${key}`,
    put: () => Promise.resolve('written'),
    get: (address, options) => store.get(address, options),
  };
}
