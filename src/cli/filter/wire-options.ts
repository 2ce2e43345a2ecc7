import type { BlobStore } from '../../store/index.js';
import type { WireOptions } from '../../shim/options.js';
import { WireShim } from '../../shim/wire-shim.js';
import { choice, flag, list, optionGroup, requiredUnless, text } from '../command.js';
import type { OptionValues } from '../command.js';
import type { CliIo } from '../io.js';
import { omitUndefined } from '../../run/request.js';
import { noStore, openStore } from '../../store/open.js';
import { layoutOptions, layoutSettings, STORE, STORE_HINT, storeOptions, storeSettings } from '../options.js';

/** What `adapt` and `seal` have in common. */
export const wireOptions = {
  ...storeOptions,
  ...optionGroup('Store', {
    store: requiredUnless(STORE, 'STORE_MISSING', `${STORE_HINT}; or use --dry-run`, 'dry-run'),
  }),
  ...layoutOptions,
  ...optionGroup('The runner', {
    speaks: choice(
      ['lean', 'fat', 'bridge'],
      'what the runner finds under workflow_config and partition_map: nothing, the values, or legacy pointers',
      { otherwise: 'lean' },
    ),
    'no-segment': flag('the runner runs no segment: none is looked for'),
    envelope: list(
      text('PATH', 'where a bag may be, such as state_data.bag, or . for the root', { otherwise: 'anywhere' }),
    ),
  }),
  ...optionGroup('What to do', {
    ndjson: flag('one document a line, for as long as there are lines; answers in order'),
    'dry-run': flag('name the blobs without writing them'),
  }),
};

/** Throws `ConfigError` for a store or a layout that cannot be used. */
export async function openWireShim(values: OptionValues<typeof wireOptions>, io: CliIo): Promise<WireShim> {
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
    ...omitUndefined({ speaks: values.speaks }),
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
