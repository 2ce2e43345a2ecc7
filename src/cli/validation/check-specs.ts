import type { BlobReader } from '../../bag/places.js';
import { openSources } from '../../sources/open.js';
import type { OwnPlaces } from '../../sources/own-files.js';
import type { OptionValues } from '../command.js';
import type { CliIo } from '../io.js';
import { layoutSettings, s3Settings, storeSettings } from '../options.js';
import type { layoutOptions, storeOptions, surveyOptions } from '../options.js';
import { checkSources } from './check-sources.js';
import type { Checked, CheckReporter, SourcesSettings } from './check-sources.js';

type SpecOptions = OptionValues<typeof storeOptions & typeof layoutOptions & typeof surveyOptions>;

/** Checks every document of the sources that a user named. `accepted`: paths of files that were checked before. */
export async function checkSpecs(
  specs: readonly string[],
  values: SpecOptions,
  settings: SourcesSettings,
  accepted: ReadonlySet<string>,
  io: CliIo,
  reporter: CheckReporter,
): Promise<Checked> {
  const { blobs, places } = await openChecked(values, io);
  const sources = await openSources(specs, {
    io,
    s3: s3Settings(values),
    readOnly: true,
    isIgnored: settings.isIgnored,
    ...places,
  });
  return checkSources(sources, { ...settings, blobs }, accepted, reporter);
}

/** Where pointers lead, when a store was named, and what of the sources is the store's own. */
export interface CheckedStore {
  readonly blobs: BlobReader | undefined;
  readonly places: OwnPlaces;
}

/** Loads nothing of stores when none was named. */
async function openChecked(values: SpecOptions, { cwd }: CliIo): Promise<CheckedStore> {
  if (values.store === undefined) return { blobs: undefined, places: { excludedFor: () => [], isBlob: () => false } };
  const [{ openStore }, { ownPlaces }] = await Promise.all([
    import('../../store/open.js'),
    import('../../sources/own-files.js'),
  ]);
  const layout = layoutSettings(values);
  const store = await openStore(storeSettings(values, values.store, layout), cwd);
  // Journals have a schema, too.
  return { blobs: store.blobs, places: { ...ownPlaces(store, layout, []), leavesOutRecords: false } };
}
