import pMap, { pMapSkip } from 'p-map';
import { ConfigError } from '../errors/index.js';
import type { DocumentSource, SourceContainer } from '../sources/source.js';
import { leaveUnread, runContainer } from './container.js';
import { MAX_CONCURRENCY } from './pace.js';
import { Run } from './run.js';
import type { EngineOptions, RunReport } from './run.js';
import { isInShard } from '../sources/container-choice.js';

/** True when the run has taken everything that it was about. */
export function isWhole({
  complete,
  notStarted: { documents, containers, unread, unlisted },
}: Pick<RunReport, 'complete' | 'notStarted'>): boolean {
  return complete && !unlisted && documents + containers + unread === 0;
}

/**
 * Runs over every document of the sources; what several of them list is taken once. One outcome per document; never
 * throws for one of them. A `ConfigError` of a source, and whatever `onOutcome` throws, is thrown once no document is
 * in hand any more.
 */
export async function runSources(options: EngineOptions): Promise<RunReport> {
  const run = new Run(options);
  const leave = run.pace.endWith(options.stop);
  try {
    for (const source of options.sources) {
      const containers = listed(source, run);
      const mayBeEmpty = source.mayBeEmpty === true;
      await pMap(containers, (container) => takeContainer(container, mayBeEmpty, run), {
        concurrency: MAX_CONCURRENCY,
      });
    }
  } finally {
    leave();
  }
  run.assertSound();
  const { totals, stoppedBy, notStarted, inventory } = run;
  return {
    totals,
    complete: stoppedBy === undefined,
    ...(stoppedBy && { stoppedBy }),
    notStarted,
    inventory: inventory.counts,
  };
}

/**
 * Yields each container when its turn has come. A listing that breaks off is a failure of the source; what was listed
 * before is in hand and is finished.
 */
async function* listed(source: DocumentSource, run: Run): AsyncIterable<SourceContainer> {
  const { stop, shard } = run.options;
  try {
    for await (const container of run.inventory.list(source)) {
      await run.pace.turn();
      if (!run.isFull) {
        yield container;
        continue;
      }
      run.pace.release();
      if (isInShard(container.id, shard)) run.leave('containers', container.id);
      if (source.isListedAtOnce === true) continue;
      // The rest is not even listed: of a table that would cost as much as reading it.
      run.notStarted.unlisted = true;
      return;
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) run.notStarted.unlisted = true;
    if (stop?.aborted) return;
    if (error instanceof ConfigError) run.end(error);
    else await leaveUnread({ id: source.id, version: undefined }, error, run);
  }
}

async function takeContainer(container: SourceContainer, mayBeEmpty: boolean, run: Run): Promise<typeof pMapSkip> {
  try {
    if (!isInShard(container.id, run.options.shard)) return pMapSkip;
    if (run.isFull) run.leave('containers', container.id);
    else await run.hold(() => runContainer(container, mayBeEmpty, run));
  } catch (error) {
    run.end(error);
  } finally {
    run.pace.release();
  }
  return pMapSkip;
}
