import type { SourceContainer } from '../../batch/source.js';
import { ConfigError, StateBagError } from '../../errors.js';
import type { OpenSource } from '../open-source.js';
import { checkDocument } from './check-document.js';
import type { CheckSettings } from './check-document.js';
import type { Verdict } from './verdict.js';

export interface VerdictTotals {
  documents: number;
  valid: number;
  invalid: number;
}

/** Checks every document. A file that cannot be read counts as an invalid document; a `ConfigError` ends it all. */
export async function checkSources(
  sources: readonly OpenSource[],
  settings: CheckSettings,
  onVerdict: (verdict: Verdict) => Promise<void>,
): Promise<VerdictTotals> {
  const totals: VerdictTotals = { documents: 0, valid: 0, invalid: 0 };
  for (const { source } of sources) {
    for await (const container of source.containers()) {
      for await (const verdict of checkContainer(container, settings)) {
        totals.documents++;
        totals[verdict.valid ? 'valid' : 'invalid']++;
        await onVerdict(verdict);
      }
    }
  }
  return totals;
}

async function* checkContainer(container: SourceContainer, settings: CheckSettings): AsyncIterable<Verdict> {
  try {
    for await (const document of container.documents()) yield await checkDocument(document, container.id, settings);
  } catch (error) {
    if (!(error instanceof StateBagError) || error instanceof ConfigError) throw error;
    yield unreadable(container.id, error);
  }
}

function unreadable(id: string, { code, message }: StateBagError): Verdict {
  return { id, file: id, schemas: [], valid: false, issues: [{ pointer: '', keyword: code, message, line: 1, column: 1 }] };
}
