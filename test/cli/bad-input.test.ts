import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { digests, snapshot, statebag, useScratch } from './terminal.js';

const scratch = useScratch();

interface Document {
  readonly id: string;
  readonly outcome: string;
  readonly code?: string;
  readonly reason?: string;
}

const APPLY = ['migrate', 'bag.json', '--store', 'store', '--apply', '--json'];

async function migrateOne(text: string | Uint8Array): Promise<{ readonly code: number; readonly document: Document }> {
  writeFileSync(join(scratch.dir, 'bag.json'), text);
  const { code, out } = await statebag(scratch.dir, APPLY);
  const { documents } = JSON.parse(out) as { documents: Document[] };
  expect(documents).toHaveLength(1);
  return { code, document: documents[0]! };
}

const object = (key: string, text: string) => {
  const path = join(scratch.dir, 'store', 'local', key);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};

const pointer = (key: string, more: object = {}, bucket = 'local') => ({
  __s3_pointer__: true,
  bucket,
  key,
  size_bytes: 2,
  checksum: '',
  ...more,
});

describe('a document that cannot be migrated is quarantined with a reason, and keeps its bytes', () => {
  it.each([
    ['is empty', '', 'JSON_EMPTY'],
    ['is cut off', '{"workflow_config": {"nodes": [', 'JSON_SYNTAX'],
    ['is a list', '[1, 2]', 'NOT_AN_OBJECT'],
    ['is a number', '42', 'NOT_AN_OBJECT'],
    ['begins with a byte order mark', `\ufeff${smallBag()}`, 'JSON_BOM'],
    ['is not UTF-8', Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff), Buffer.from('"}')]), 'INVALID_UTF8'],
    ['nests without end', '['.repeat(60_000), 'JSON_TOO_DEEP'],
    [
      'has a dict map with holes',
      smallBag({ partition_map: { 0: { type: 'normal' }, 2: { type: 'normal' } } }),
      'MAP_NOT_POSITIONAL',
    ],
    ['has a map of user data', smallBag({ partition_map: [{ partition_id: 1, items: [1] }] }), 'MAP_IS_USER_DATA'],
    ['has a map that is text', smallBag({ partition_map: 'none' }), 'MAP_INVALID'],
    ['has a config that is a number', smallBag({ workflow_config: 7 }), 'CONFIG_INVALID'],
    ['points to nothing', smallBag({ partition_map: pointer('gone.json') }), 'POINTER_DANGLING'],
    [
      'points into another bucket',
      smallBag({ partition_map: pointer('map.json', {}, 'foreign') }),
      'BUCKET_NOT_ALLOWED',
    ],
    [
      'points below another owner',
      smallBag({ partition_map: pointer('workflow-states/owner-2/wf/map.json') }),
      'POINTER_FOREIGN_OWNER',
    ],
    ['points out of the store', smallBag({ partition_map: pointer('../../etc/passwd') }), 'KEY_INVALID'],
  ])('because it %s', async (_, text, expected) => {
    const { code, document } = await migrateOne(text);
    expect(code).toBe(1);
    expect(document).toMatchObject({ code: expected });
    expect(['quarantined', 'failed']).toContain(document.outcome);
    expect(document.reason).toMatch(/\w{3,}/);
    expect(readFileSync(join(scratch.dir, 'bag.json')).equals(Buffer.from(text))).toBe(true);
  });

  it('because the stored bytes do not match the checksum of the pointer', async () => {
    object('map.json', '[]');
    const { code, document } = await migrateOne(
      smallBag({ partition_map: pointer('map.json', { checksum: '00000000' }) }),
    );
    expect([code, document.code]).toEqual([1, 'CHECKSUM_MISMATCH']);
  });

  it('because the stored bytes do not match their own address', async () => {
    const sha = createHash('sha256').update('other').digest('hex');
    object(`workflow-partitions/owner-1/wf-1/${sha}/partition_map.json`, '[]');
    const { document } = await migrateOne(
      smallBag({ partition_map: pointer(`workflow-partitions/owner-1/wf-1/${sha}/partition_map.json`) }),
    );
    expect(document).toMatchObject({ outcome: 'quarantined', code: 'DIGEST_MISMATCH' });
  });

  it('because other bytes lie where its blob is to go', async () => {
    writeFileSync(join(scratch.dir, 'bag.json'), smallBag());
    await statebag(scratch.dir, APPLY);
    for (const path of Object.keys(digests(join(scratch.dir, 'store'))))
      appendFileSync(join(scratch.dir, 'store', path), ' ');
    const { document } = await migrateOne(smallBag());
    expect(document.code).toBe('BLOB_MISMATCH');
  });
});

describe('odd ids stay in their place', () => {
  it.each([['../../x'], ['a/b'], ['x'.repeat(500)], ['소유자'], ['..'], ['_'], ['~'], ['a#b?c%2f'], ['__proto__']])(
    '%j',
    async (ownerId) => {
      const { code, document } = await migrateOne(smallBag({ ownerId, workflowId: ownerId }));
      expect([code, document.outcome]).toEqual([0, 'migrated']);
      const blobs = Object.keys(digests(join(scratch.dir, 'store')));
      expect(blobs).toHaveLength(3);
      for (const path of blobs)
        expect(path).toMatch(
          /^local\/workflow-(configs|partitions|manifests)\/[^/]+\/[^/]+\/[0-9a-f]{64}\/[a-z_]+\.json$/,
        );
      expect((await statebag(scratch.dir, ['verify', '--journal', 'statebag-journal'])).code).toBe(0);
      expect((await statebag(scratch.dir, ['rollback', '--journal', 'statebag-journal', '--apply'])).code).toBe(0);
      expect(readFileSync(join(scratch.dir, 'bag.json'), 'utf8')).toBe(smallBag({ ownerId, workflowId: ownerId }));
    },
  );
});

describe('an id that is empty', () => {
  it('quarantines the bag: the state machine that reads it would stop', async () => {
    const { code, document } = await migrateOne(smallBag({ ownerId: '' }));
    expect([code, document.outcome, document.code]).toEqual([1, 'quarantined', 'BAG_INVALID']);
  });

  it('leaves no blob in the store, because every check is done before the first write', async () => {
    await migrateOne(smallBag({ ownerId: '' }));
    expect(existsSync(join(scratch.dir, 'store'))).toBe(false);
  });
});

describe('data stays data', () => {
  it('also where it is named __proto__ or looks like a pointer', async () => {
    const text = smallBag({ current_state: 0 }).replace(
      '"current_state":0',
      '"current_state":{"__proto__":{"a":1},"p":{"__s3_pointer__":true,"bucket":"x","key":"y"}},"__proto__":{"b":1.0}',
    );
    const { document } = await migrateOne(text);
    expect(document.outcome).toBe('migrated');
    const after = readFileSync(join(scratch.dir, 'bag.json'), 'utf8');
    expect(after).toContain(
      '"current_state":{"__proto__":{"a":1},"p":{"__s3_pointer__":true,"bucket":"x","key":"y"}},"__proto__":{"b":1.0}',
    );
    await statebag(scratch.dir, ['rollback', '--journal', 'statebag-journal', '--apply']);
    expect(readFileSync(join(scratch.dir, 'bag.json'), 'utf8')).toBe(text);
  });
});

describe('a world that is not as it should be fails documents, one by one', () => {
  it('a store that cannot be written', async () => {
    writeFileSync(join(scratch.dir, 'store'), 'a file');
    const { code, err } = await statebag(scratch.dir, ['migrate', 'bag.json', '--store', 'store', '--apply']);
    expect([code, err]).toEqual([2, expect.stringContaining('STORE_INVALID')]);
    mkdirSync(join(scratch.dir, 'root'));
    writeFileSync(join(scratch.dir, 'root', 'local'), 'a file where the bucket should be');
    writeFileSync(join(scratch.dir, 'bag.json'), smallBag());
    const second = await statebag(scratch.dir, ['migrate', 'bag.json', '--store', 'root', '--apply', '--json']);
    expect(second.code).toBe(1);
    expect((JSON.parse(second.out) as { documents: Document[] }).documents[0]).toMatchObject({ outcome: 'failed' });
    expect(readFileSync(join(scratch.dir, 'bag.json'), 'utf8')).toBe(smallBag());
  });

  it('a document that changes while it is verified or rolled back', async () => {
    writeFileSync(join(scratch.dir, 'bag.json'), smallBag());
    await statebag(scratch.dir, APPLY);
    appendFileSync(join(scratch.dir, 'bag.json'), '\n');
    const before = snapshot(scratch.dir);
    const verified = await statebag(scratch.dir, ['verify', '--journal', 'statebag-journal']);
    expect([verified.code, verified.out]).toEqual([1, expect.stringContaining('DOCUMENT_MOVED')]);
    const back = await statebag(scratch.dir, ['rollback', '--journal', 'statebag-journal', '--apply']);
    expect([back.code, back.out]).toEqual([1, expect.stringContaining('DOCUMENT_MOVED')]);
    expect(snapshot(scratch.dir)).toEqual(before);
  });

  it('a blob that was lost', async () => {
    writeFileSync(join(scratch.dir, 'bag.json'), smallBag());
    await statebag(scratch.dir, APPLY);
    const lean = readFileSync(join(scratch.dir, 'bag.json'), 'utf8');
    const { code, out } = await statebag(scratch.dir, [
      'rollback',
      '--journal',
      'statebag-journal',
      '--store',
      'empty',
      '--apply',
    ]);
    expect([code, out]).toEqual([1, expect.stringContaining('POINTER_DANGLING')]);
    expect(readFileSync(join(scratch.dir, 'bag.json'), 'utf8')).toBe(lean);
  });

  it('leaves no unfinished file anywhere', async () => {
    mkdirSync(join(scratch.dir, 'bags'));
    writeFileSync(join(scratch.dir, 'bags', 'bag.json'), smallBag());
    writeFileSync(join(scratch.dir, 'bags', 'torn.json'), '{');
    await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--apply']);
    const names = readdirSync(scratch.dir, { recursive: true }).map(String);
    expect(names.filter((name) => name.includes('tmp') || name.endsWith('.lock'))).toEqual([]);
  });
});

// Root may read everything.
if (process.getuid?.() !== 0) {
  it('a file without permission to read fails alone', async () => {
    mkdirSync(join(scratch.dir, 'bags'));
    writeFileSync(join(scratch.dir, 'bags', 'a.json'), smallBag());
    writeFileSync(join(scratch.dir, 'bags', 'b.json'), smallBag());
    chmodSync(join(scratch.dir, 'bags', 'a.json'), 0);
    const { code, out } = await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--apply']);
    expect(code).toBe(1);
    expect(out).toContain('FILE_DENIED');
    expect(readFileSync(join(scratch.dir, 'bags', 'b.json'), 'utf8')).toContain('state_bag_version');
  });
}
