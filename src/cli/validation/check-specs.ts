import type { CheckedDocument } from '../../findings/checked-document.js';
import type { OptionValues } from '../command.js';
import type { CliIo } from '../io.js';
import { openSources } from '../../sources/open.js';
import type { layoutOptions, storeOptions } from '../options.js';
import { s3Settings } from '../options.js';
import { checkSources } from './check-sources.js';
import type { Checked, SourcesSettings } from './check-sources.js';
import { openChecked } from './open-checked.js';
import { reportUnread } from './unread-files.js';

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
