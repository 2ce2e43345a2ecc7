import { createHash } from 'node:crypto';

/**
 * Compact JSON with keys by code point, which is the order of their UTF-8 bytes. Not made by way of an object, because
 * an object puts keys like "10" first.
 */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
}

export function canonicalDigest(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}
