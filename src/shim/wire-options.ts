import type { ShimOptions } from '../shim/options.js';

export interface WireOptions extends Omit<ShimOptions, 'expectedOwner'> {
  /** The owner of every event, where there is only one. */
  readonly expectedOwner?: string;
  /** False for a handler that runs no segment: its event gets no `segment_config`. Default true. */
  readonly segment?: boolean;
  /**
   * Where a bag may lie: member names from the root, joined by dots, `.` for the root itself. Bags anywhere else pass
   * untouched. Default: anywhere.
   */
  readonly envelopes?: readonly string[];
  /** What becomes of an event that is no JSON, or no object: an error, or it goes on as it is. Default `error`. */
  readonly onUnreadable?: 'error' | 'pass';
}
