import type { BlobReader } from '../../bag/places.js';
import type { CheckedDocument } from '../../findings/checked-document.js';
import { oneLine } from '../../findings/printable.js';
import { openSources } from '../../sources/open.js';
import type { OwnPlaces } from '../../sources/own-files.js';
import type { OptionValues } from '../command.js';
import { printNote } from '../io.js';
import type { CliIo } from '../io.js';
import { layoutSettings, s3Settings, storeSettings } from '../options.js';
import type { layoutOptions, storeOptions } from '../options.js';
import { checkSources } from './check-sources.js';
import type { Checked, SourcesSettings } from './check-sources.js';

/**
 * Checks every document of the sources that a user named. Says on standard error what was not
 * looked at.
 */
export async function checkSpecs(
  specs: readonly string[],
  values: OptionValues<typeof storeOptions & typeof layoutOptions>,
  settings: SourcesSettings,
  io: CliIo,
  onDocument: (document: CheckedDocument) => Promise<void>,
): Promise<Checked> {
  const { blobs, places } = await openChecked(values, io);
  const sources = await openSources(specs, { io, s3: s3Settings(values), readOnly: true, ...places });
  const checked = await checkSources(sources, { ...settings, blobs }, onDocument);
  await reportUnread(checked, io);
  return checked;
}

/** Where pointers lead, when a store was named, and what of the sources is the store's own. */
export interface CheckedStore {
  readonly blobs: BlobReader | undefined;
  readonly places: OwnPlaces;
}

/** Loads nothing of stores when none was named. */
async function openChecked(
  values: OptionValues<typeof storeOptions & typeof layoutOptions>,
  { cwd }: CliIo,
): Promise<CheckedStore> {
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

/**
 * Says on standard error what was not validated: files that are not read because of their names, and files without
 * documents.
 */
async function reportUnread({ skipped, empty }: Checked, io: CliIo): Promise<void> {
  for (const [source, count] of skipped) await printNote(io.stderr, `${sentence(oneLine(source), count)}\n`);
  for (const file of empty) await printNote(io.stderr, `statebag: ${oneLine(file)}: no document there.\n`);
}

function sentence(source: string, count: number): string {
  const entries = count === 1 ? '1 entry' : `${count} entries`;
  return `statebag: ${source}: skipped ${entries}: only names that end in .json, .ndjson or .jsonl, or in one of them and .gz, are read; no pipes and devices, and no directories that a glob matches. To validate others, name them.`;
}
