import { resolveSegment } from '../bag/resolve.js';
import type { ResolvedSegment } from '../bag/resolve.js';
import { StateBagError } from '../errors.js';
import { signalOf } from './engine.js';
import type { Work } from './engine.js';

/** The program of an event, through the caches. Its value is shared with them: copy before handing it out. */
export function resolveProgram(event: unknown, work: Work): Promise<ResolvedSegment<unknown>> {
  const { blobs } = work.engine;
  return resolveSegment(blobs.reader, event, blobs, signalOf(work));
}

/** The same; `undefined` when the bag leads to none and the options let such events pass. */
export function resolveUnlessMissing(event: unknown, work: Work): Promise<ResolvedSegment<unknown> | undefined> {
  return passMissing(resolveProgram(event, work), work);
}

/** What was found; `undefined` when there is no program and the options let such events pass. */
export async function passMissing<T>(resolution: Promise<T>, work: Work): Promise<T | undefined> {
  try {
    return await resolution;
  } catch (error) {
    const isMissing = error instanceof StateBagError && error.code === 'SEGMENT_NOT_FOUND';
    if (isMissing && work.engine.settings.onMissing === 'pass') return undefined;
    throw error;
  }
}
