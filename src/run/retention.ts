import { ConfigError } from '../errors/index.js';
import { REUSE_GRACE_MS } from '../store/index.js';

const DAY_MS = 86_400_000;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: DAY_MS } as const;

/** How long a blob may still be asked for when nothing at rest names it any more, in milliseconds. */
export interface Retention {
  /** An execution may run for a year. */
  readonly execution: number;
  /** A failed one may be started again with the same input for 14 days. */
  readonly redrive: number;
  /** For those who want to see later what ran. */
  readonly audit: number;
}

export const DEFAULT_RETENTION: Retention = { execution: 366 * DAY_MS, redrive: 14 * DAY_MS, audit: 90 * DAY_MS };

/** The sum. Throws `ConfigError` `TTL_TOO_SHORT` when it would not cover blobs that are in use this very moment. */
export function ttlOf({ execution, redrive, audit }: Retention): number {
  const ttl = execution + redrive + audit;
  if (ttl >= REUSE_GRACE_MS) return ttl;
  throw new ConfigError(
    'TTL_TOO_SHORT',
    `a blob is kept for at least ${REUSE_GRACE_MS / 3_600_000} hours: a younger one may be on its way into a bag`,
  );
}

/** `90d`, `36h`, `45m`, `30s`. Throws `ConfigError` `USAGE`. */
export function parseDuration(option: string, text: string): number {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  if (match) return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  throw new ConfigError('USAGE', `--${option} takes a time such as 90d, 36h or 45m, not "${text}"`);
}
