import { createHash } from 'node:crypto';
import type { Blob } from '../../src/store/blob-store.js';

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A content-addressed blob of some text. */
export function blobOf(content: string, more: Partial<Blob> = {}): Blob {
  const sha256 = digestOf(content);
  return {
    key: `workflow-configs/owner/wf/${sha256}/config.json`,
    bytes: Buffer.from(content),
    sha256,
    addressed: true,
    ...more,
  };
}
