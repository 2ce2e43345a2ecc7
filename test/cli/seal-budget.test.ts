import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { S3Failure, startS3Server } from '../fakes/s3-server.js';
import type { S3Server } from '../fakes/s3-server.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

/** More than Step Functions takes, by itself. */
const LARGE = 'n'.repeat(300_000);

interface Pointer {
  readonly __s3_pointer__: true;
  readonly bucket: string;
  readonly key: string;
  readonly field_name: string;
}

async function seal(result: string, ...args: readonly string[]) {
  const { code, out } = await statebag(scratch.dir, ['seal', '--ndjson', ...args], { stdin: `${result}\n` });
  return { code, out, answer: JSON.parse(out) as Record<string, unknown> };
}

const storedMembers = () =>
  readdirSync(join(scratch.dir, 'store'), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.parentPath.includes('state-members'),
  );

describe('seal with a store in a directory', () => {
  it('stores the bytes of a member before it puts a pointer in place of the member', async () => {
    const { code, out, answer } = await seal(`{"bag":${smallBag({ notes: LARGE })}}`, '--store', 'store');
    expect([code, Buffer.byteLength(out) < 253_952]).toEqual([0, true]);
    const { bucket, key, field_name } = (answer.bag as { readonly notes: Pointer }).notes;
    const bytes = JSON.stringify(LARGE);
    const digest = createHash('sha256').update(bytes).digest('hex');
    expect([field_name, key]).toEqual(['notes', `state-members/owner-1/wf-1/${digest}/notes.json`]);
    expect(readFileSync(join(scratch.dir, 'store', bucket, key), 'utf8')).toBe(bytes);
  });

  it('gives a result whose members are restored when the next event is adapted', async () => {
    const { out } = await seal(smallBag({ notes: LARGE }), '--store', 'store');
    const adapted = await statebag(scratch.dir, ['adapt', '--store', 'store'], { stdin: out });
    expect((JSON.parse(adapted.out) as { readonly notes: string }).notes).toBe(LARGE);
  });

  it('stores no member when the result is too large even with pointers in place of its members', async () => {
    const result = `{"bag":${smallBag({ notes: LARGE })},"answer":"${LARGE}"}`;
    const { code, answer } = await seal(result, '--store', 'store');
    expect([code, answer]).toEqual([
      1,
      {
        errorType: 'StateBagPayloadTooLargeError',
        errorMessage: expect.stringMatching(/^PAYLOAD_TOO_LARGE: /) as string,
      },
    ]);
    expect(storedMembers()).toEqual([]);
  });
});

describe('seal with a store that takes no program', () => {
  let server: S3Server;
  /** How many more programs the store does not take. */
  let refusals: number;
  const s3 = () => ['--store', 's3://bags', '--endpoint', server.endpoint, '--region', 'eu-central-1'];
  const program = { id: 'wf-1', nodes: [{ id: 'a', type: 'operator', prompt: LARGE }], edges: [] };

  beforeEach(async () => {
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
    server = await startS3Server({ buckets: ['bags'] });
    refusals = Infinity;
    server.before(({ operation, key }) => {
      if (operation === 'PutObject' && key.startsWith('workflow-') && refusals-- > 0)
        throw new S3Failure(403, 'AccessDenied');
    });
  });
  afterEach(() => server.stop());

  it('reports the error of the store when the result is too large because of its program', async () => {
    const { code, answer } = await seal(smallBag({ workflow_config: program }), ...s3());
    expect([code, answer.errorMessage]).toEqual([1, expect.stringMatching(/^STORE_DENIED: /)]);
  });

  it('stores the program in a second try when the result is too large because the first try failed', async () => {
    refusals = 1;
    const { code, answer } = await seal(smallBag({ workflow_config: program }), ...s3());
    const digest = createHash('sha256').update(JSON.stringify(program)).digest('hex');
    const key = `workflow-configs/owner-1/wf-1/${digest}/config.json`;
    expect([code, answer.workflow_config_s3_path]).toEqual([0, `s3://bags/${key}`]);
    expect(answer).not.toHaveProperty('workflow_config');
    expect(server.state.bucket('bags').has(key)).toBe(true);
  });

  it('stores no member in place of the program that the store did not take', async () => {
    const shorter = { ...program, nodes: [{ id: 'a', type: 'operator', prompt: 'p'.repeat(200_000) }] };
    const { code, answer } = await seal(smallBag({ workflow_config: shorter, notes: 'n'.repeat(100_000) }), ...s3());
    expect([code, answer.errorMessage]).toEqual([1, expect.stringMatching(/^STORE_DENIED: /)]);
    expect([...server.state.bucket('bags').keys()]).toEqual([]);
  });
});
