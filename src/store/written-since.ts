/**
 * True when something last written then is newer than the limit. Stores tell the time to the second, so no finer here.
 */
export function isWrittenSince(lastModified: Date, limit: Date | undefined): boolean {
  return limit !== undefined && Math.floor(lastModified.getTime() / 1000) > Math.floor(limit.getTime() / 1000);
}
