import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { objectReader } from '../../src/bag/object-reader.js';
import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import { resolveSegment } from '../../src/bag/resolve.js';
import { fsBlobStore } from '../../src/store/fs.js';
import { compareIds } from '../../src/bag/partition/order.js';
const root = process.env.STATEBAG_CORPUS!;
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => compareIds(a, b));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
}
const digest = (v: unknown) => createHash('sha256').update(canonical(v)).digest('hex').slice(0, 8);
const load = (p: string) => JSON.parse(readFileSync(join(root, p), 'utf8'));
test('x', async () => {
  const rows = new Map<string, any>(load('expected/segments.json').map((r: any) => [r.name, r]));
  const events: [string, any][] = load('events/constructed.json').map((c: any) => [c.name, c.event]);
  for (const f of readdirSync(join(root, 'events/asl'))) { const b = load('events/asl/' + f); events.push([f.slice(0, -5), b.event ?? b]); }
  const blobs = fsBlobStore({ root: join(root, 's3'), bucket: 'analemma-workflow-state-dev' });
  const names = new Map<string, string>();
  for (const [name, event] of events) {
    const got: string[] = [];
    const run = async (r: any, e: any) => {
      try { const x = await resolveSegment(r, e, blobs); const v = JSON.parse(Buffer.from(r.bytes(x.segmentConfig)).toString()); return [digest(v), x.source + '@' + x.segmentIndex + ' ' + JSON.stringify(v).slice(0, 60)]; }
      catch (e: any) { return ['error', e.code + ': ' + e.message.slice(0, 90)]; }
    };
    const a = await run(objectReader, event);
    const b = await run(byteReader, readDocument(Buffer.from(JSON.stringify(event))));
    const row = rows.get(name);
    const ok = row ? (row.accept.includes('any') || row.accept.some((x: string) => x === a[0] || x.slice(0, 8) === a[0])) : 'NOROW';
    console.log(ok === true ? 'ok   ' : ok === false ? 'MISS ' : 'NOROW', name, a.join(' '), a.join() === b.join() ? '' : 'READERS DIFFER ' + b.join(' '));
  }
});
