import pMap, { pMapSkip } from 'p-map';
import { ConfigError } from '../errors.js';
import { failureOf, hasLivedOn, notStarted } from './outcome.js';
import type { DocumentSource, SourceContainer, SourceDocument } from './source.js';

/** What could not be read, so that nothing can be said of it. */
export interface Blind {
  readonly id: string;
  readonly code: string;
  readonly reason: string;
}

export interface SurveyOptions {
  readonly sources: readonly DocumentSource[];
  /** Containers in hand at a time. */
  readonly concurrency: number;
  /** A source without documents is no mistake. */
  readonly allowEmpty: boolean;
  /** Ends the survey after the containers in hand. */
  readonly stop?: AbortSignal | undefined;
  readonly onDocument: (document: SourceDocument) => void | Promise<void>;
  readonly onBlind: (blind: Blind) => void | Promise<void>;
}

/**
 * Reads every document of the sources, one source behind the other, and writes nothing. What cannot be read is told to
 * `onBlind` and does not end the survey. Throws `ConfigError` for a source that is wrong in itself.
 */
export async function survey(options: SurveyOptions): Promise<void> {
  for (const source of options.sources) {
    await pMap(listed(source, options), (container) => readContainer(container, options), { concurrency: options.concurrency });
    if (options.stop?.aborted) await options.onBlind(stopped(source.id));
  }
}

async function* listed(source: DocumentSource, options: SurveyOptions): AsyncIterable<SourceContainer> {
  try {
    for await (const container of source.containers(options.stop)) {
      if (options.stop?.aborted) return;
      yield container;
    }
  } catch (error) {
    if (options.stop?.aborted || (options.allowEmpty && isEmptySource(error))) return;
    if (error instanceof ConfigError) throw error;
    await options.onBlind(blind(source.id, error));
  }
}

function isEmptySource(error: unknown): boolean {
  return error instanceof ConfigError && error.code === 'SOURCE_EMPTY';
}

async function readContainer(container: SourceContainer, { stop, onDocument, onBlind }: SurveyOptions): Promise<typeof pMapSkip> {
  const documents = container.documents(stop)[Symbol.asyncIterator]();
  for (;;) {
    const next = await documents.next().catch(async (error: unknown) => {
      // A row that is gone was resumed: its bag is met in its execution.
      if (!hasLivedOn(error)) await onBlind(blind(container.id, error));
      return undefined;
    });
    if (next === undefined || next.done === true) return pMapSkip;
    await onDocument(next.value);
  }
}

function blind(id: string, error: unknown): Blind {
  const { code, reason } = failureOf(error);
  return { id, code, reason };
}

function stopped(id: string): Blind {
  const { code, reason } = notStarted(id, 0);
  return { id, code: code ?? '', reason: reason ?? '' };
}
