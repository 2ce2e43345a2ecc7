import { ObjectValue } from '../bag/value.js';
import { resolveSegment } from '../bag/resolve.js';
import type { ResolvedSegment } from '../bag/resolve.js';
import { StateBagError } from '../errors.js';
import { signalOf } from './engine.js';
import type { Work } from './engine.js';

/** A segment with its program as `JSON.parse` gives it. */
export interface ResolvedProgram extends Omit<ResolvedSegment, 'segmentConfig'> {
  readonly segmentConfig: unknown;
}

/** The program of an event, through the caches. Its value is shared with them: copy before handing it out. */
export async function resolveProgram(event: unknown, work: Work): Promise<ResolvedProgram> {
  const { blobs } = work.engine;
  const root = new ObjectValue(event).remember(blobs.remembered);
  const { segmentConfig, ...found } = await resolveSegment(root, blobs, { ...signalOf(work), outside: work.outside() });
  return { ...found, segmentConfig: segmentConfig.raw };
}

/** The same; `undefined` when the bag leads to none and the options let such events pass. */
export function resolveUnlessMissing(event: unknown, work: Work): Promise<ResolvedProgram | undefined> {
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
