import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const put = (name: string, data: unknown) => {
  mkdirSync(join(scratch.dir, name, '..'), { recursive: true });
  writeFileSync(join(scratch.dir, name), typeof data === 'string' ? data : JSON.stringify(data));
};
const url = (name: string) => pathToFileURL(join(scratch.dir, name)).href;

beforeEach(() => {
  put('host/secret.txt', 'root:x:0:0 TOKEN');
  put('host/secret.json', { $defs: { day: { type: 'string' } }, default: 'TOKEN' });
  put('schemas/part.json', { $defs: { day: { type: 'string', format: 'date' } } });
  put('schemas/sub/deep.json', { $ref: '../part.json#/$defs/day' });
  put('schemas/notes.txt', 'root:x:0:0 TOKEN');
  put('doc.json', '"2026-02-28"');
});

/** Both commands that read a schema of the user. */
const commands = [
  ['validate', (schema: string) => statebag(scratch.dir, ['validate', 'doc.json', '--schema', schema])],
  ['schema diff OLD', (schema: string) => statebag(scratch.dir, ['schema', 'diff', schema, 'state-bag.v2'])],
  ['schema diff NEW', (schema: string) => statebag(scratch.dir, ['schema', 'diff', 'state-bag.v2', schema])],
] as const;

describe.each(commands)('%s with a schema of the user', (_, run) => {
  it.each<[string, () => unknown]>([
    ['a file: address', () => ({ $ref: url('host/secret.txt') })],
    ['a file: address of JSON', () => ({ $ref: `${url('host/secret.json')}#/$defs/day` })],
    ['a file: address of a system file', () => ({ $ref: 'file:///etc/passwd' })],
    ['a file: address of the process', () => ({ $ref: 'file:///proc/self/environ' })],
    ['a file: address without an authority', () => ({ $ref: `file:${join(scratch.dir, 'host/secret.txt')}` })],
    ['an upward path', () => ({ $ref: '../host/secret.json#/$defs/day' })],
    ['an upward path after a downward one', () => ({ $ref: 'sub/../../host/secret.txt' })],
    ['an upward path in percent codes', () => ({ $ref: '%2e%2e/host/secret.txt' })],
    [
      'a folder whose name begins with that of the schema',
      () => (put('schemas-2/x.json', {}), { $ref: '../schemas-2/x.json' }),
    ],
    ['an absolute path', () => ({ $ref: '/etc/passwd' })],
    [
      'a link to a file',
      () => (
        symlinkSync(join(scratch.dir, 'host/secret.txt'), join(scratch.dir, 'schemas/link.json')),
        { $ref: 'link.json' }
      ),
    ],
    [
      'a link to a folder',
      () => (
        symlinkSync(join(scratch.dir, 'host'), join(scratch.dir, 'schemas/folder')),
        { $ref: 'folder/secret.json#/$defs/day' }
      ),
    ],
    ['its own $id in another folder', () => ({ $id: url('host/mine.json'), $ref: 'secret.txt' })],
    [
      'an inner $id in another folder',
      () => ({ $ref: '#/$defs/a', $defs: { a: { $id: url('host/mine.json'), $ref: 'secret.txt' } } }),
    ],
    ['the $schema of another folder', () => ({ $schema: url('host/secret.json') })],
    [
      'a file inside that refers on',
      () => (put('schemas/on.json', { $ref: '../host/secret.txt' }), { $ref: 'on.json' }),
    ],
    ['what is not there, outside', () => ({ $ref: '../host/absent.json' })],
  ])('refuses a reference out of the folder of the schema: %s', async (_name, schema) => {
    put('schemas/mine.json', schema());
    const { code, out, err } = await run('schemas/mine.json');
    expect([code, err]).toEqual([2, expect.stringContaining('SCHEMA_OUTSIDE')]);
    expect(out + err).not.toMatch(/TOKEN|root:|x:0/);
  });

  it.each<[string, () => unknown]>([
    ['a file that is not JSON', () => ({ $ref: 'notes.txt' })],
    ['a folder', () => ({ $ref: 'sub' })],
    ['a host', () => ({ $ref: 'file://host/etc/passwd' })],
    ['a slash in percent codes', () => ({ $ref: '..%2Fhost%2Fsecret.txt' })],
    ['a zero byte', () => ({ $ref: '..%00/host' })],
    ['the network', () => ({ $ref: 'https://example.com/x.json' })],
  ])('refuses to follow a reference to %s and quotes nothing of it', async (_name, schema) => {
    put('schemas/mine.json', schema());
    const { code, out, err } = await run('schemas/mine.json');
    expect([code, err]).toEqual([2, expect.stringMatching(/SCHEMA_(INVALID|REMOTE)/)]);
    expect(out + err).not.toMatch(/TOKEN|root:|x:0/);
  });

  it.each<[string, (path: string) => void, RegExp]>([
    [
      'a device',
      (path) => {
        symlinkSync('/dev/zero', path);
      },
      /a device, and not a file/,
    ],
    [
      'a pipe',
      (path) => {
        execFileSync('mkfifo', [path]);
      },
      /a pipe, and not a file/,
    ],
    [
      'a file of more than 16 MiB',
      (path) => {
        writeFileSync(path, '');
        truncateSync(path, 16 * 2 ** 20 + 1);
      },
      /SCHEMA_TOO_LARGE.*16777217 bytes/,
    ],
  ])('refuses %s before it is read', async (_name, make, message) => {
    make(join(scratch.dir, 'schemas/mine.json'));
    expect(await run('schemas/mine.json')).toMatchObject({ code: 2, err: expect.stringMatching(message) as string });
  });

  it.each<[string, (path: string) => void, RegExp]>([
    [
      'a pipe',
      (path) => {
        execFileSync('mkfifo', [path]);
      },
      /SCHEMA_INVALID.*a pipe, and not a file/,
    ],
    [
      'a file of more than 16 MiB',
      (path) => {
        writeFileSync(path, '');
        truncateSync(path, 16 * 2 ** 20 + 1);
      },
      /SCHEMA_TOO_LARGE.*16777217 bytes/,
    ],
  ])('refuses a reference to %s before it is read', async (_name, make, message) => {
    make(join(scratch.dir, 'schemas/large.json'));
    put('schemas/mine.json', { $ref: 'large.json' });
    expect(await run('schemas/mine.json')).toMatchObject({ code: 2, err: expect.stringMatching(message) as string });
  });

  it.each<[string, string, string]>([
    ['in the schema', '{"a":{"type":"string"},\n"type":"string","type":"number"}', '{}'],
    ['in a file that it refers to', '{"$ref":"twice.json"}', '{"a":1,\n"b":{"type":1,"type":2}}'],
  ])('refuses a member that is there twice: %s', async (_name, schema, referred) => {
    put('schemas/mine.json', schema);
    put('schemas/twice.json', referred);
    const { code, err } = await run('schemas/mine.json');
    expect([code, err]).toEqual([2, expect.stringMatching(/SCHEMA_INVALID.*the member "type" twice.*line 2/)]);
  });

  it.each(['text', 'link'])('does not quote a schema that is not JSON: %s', async (kind) => {
    if (kind === 'text') put('schemas/mine.json', 'root:x:0:0 TOKEN');
    else symlinkSync(join(scratch.dir, 'host/secret.txt'), join(scratch.dir, 'schemas/mine.json'));
    const { code, out, err } = await run('schemas/mine.json');
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/SCHEMA_INVALID.*mine\.json is not valid JSON.*line 1, column 1/),
    ]);
    expect(out + err).not.toMatch(/TOKEN|root|x:0/);
  });
});

describe('references inside the folder of a schema', () => {
  it.each<[string, () => unknown]>([
    ['a file beside it', () => ({ $ref: 'part.json#/$defs/day' })],
    ['a file below it, which refers up again', () => ({ $ref: 'sub/deep.json' })],
    ['a file: address', () => ({ $ref: `${url('schemas/part.json')}#/$defs/day` })],
    [
      'a name in percent codes',
      () => (put('schemas/a b.json', { type: 'string', format: 'date' }), { $ref: 'a%20b.json' }),
    ],
    [
      'a link that stays inside',
      () => (symlinkSync('part.json', join(scratch.dir, 'schemas/link.json')), { $ref: 'link.json#/$defs/day' }),
    ],
  ])('are followed: %s', async (_, schema) => {
    put('schemas/mine.json', schema());
    const validate = (path: string) => statebag(scratch.dir, ['validate', 'doc.json', '--schema', path]);
    expect(await validate('schemas/mine.json')).toMatchObject({ code: 0, err: '' });
    symlinkSync('schemas', join(scratch.dir, 'linked'));
    expect(await validate('linked/mine.json')).toMatchObject({ code: 0, err: '' });
    put('doc.json', '"2026-02-30"');
    expect(await validate('schemas/mine.json')).toMatchObject({ code: 1 });
  });
});
