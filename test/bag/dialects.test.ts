import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { statebag } from '../cli/terminal.js';
import { askBoth } from './ask.js';
import { inspect, inspectValue } from './inspect.js';
import { makePlace } from './place.js';

const CONTROL = { ownerId: 'o', workflowId: 'w', total_segments: 1 };
const PROGRAM = '{"id":"x","nodes":[]}';
const IN_BUCKET = ['--store', 'store', '--bucket', 'b', '--allow-prefix', 's3://b/'];

/** An object with a member of which the value is given as text. */
function withMember(name: string, text: string, others: object = CONTROL): string {
  return JSON.stringify({ ...others, [name]: 'HERE' }).replace('"HERE"', text);
}

/** What both readers say of a segment whose program is given as text, and what the library read for it. */
async function programOf(text: string) {
  const place = makePlace({ 'b/k/#1': PROGRAM }, { bucket: 'b' });
  const event = withMember('partition_map', `[${withMember('segment_config', text, {})}]`);
  const { library, command } = await askBoth(event, place, IN_BUCKET);
  return { said: [library.said, command.said], programs: [library.program, command.program], reads: place.reads };
}

const twice = (said: string) => [said, said];
const FOLLOWED = 'inline-map 0 x';

describe('a pointer', () => {
  /** By text: the dialect, if a value under an old name is followed when it has it, and what a reader of it says. */
  it.each<readonly [text: string, dialect: string | undefined, said: string]>([
    [
      '{"__s3_pointer__":true,"bucket":"b","key":"k/#1","size_bytes":3,"checksum":"0aBC1234","field_name":"input","created_at":1.5}',
      's3-pointer',
      'CHECKSUM_MISMATCH',
    ],
    ['{"__s3_pointer__":1,"bucket":"b","key":"k/#1"}', 's3-pointer', FOLLOWED],
    ['{"__s3_pointer__":"true","bucket":"b","key":"k/#1","checksum":"","size_bytes":null}', 's3-pointer', FOLLOWED],
    ['{"__s3_pointer__":[0],"bucket":"b","key":"k/#1","checksum":null}', 's3-pointer', FOLLOWED],
    ['{"__s3_pointer__":true,"key":"k"}', 's3-pointer', 'POINTER_INVALID'],
    ['{"__s3_pointer__":true,"bucket":"","key":"k"}', 's3-pointer', 'POINTER_INVALID'],
    ['{"__s3_pointer__":true,"bucket":5,"key":"k"}', 's3-pointer', 'POINTER_INVALID'],
    [
      '{"__s3_offloaded":true,"__s3_path":"s3://b/k/#1","__original_size_kb":1.25,"execution_id":"kept"}',
      's3-offloaded',
      'POINTER_MIXED',
    ],
    ['{"__s3_offloaded":true}', 's3-offloaded', 'POINTER_INVALID'],
    ['{"type":"s3_reference","s3_path":"s3://b/k/#1","size_kb":3,"stored_at":"2026"}', 's3-reference', FOLLOWED],
    ['{"type":"s3_reference"}', 's3-reference', 'POINTER_INVALID'],
    ['"s3://b/k/#1"', 's3-path', FOLLOWED],
    ['"s3://b/"', 's3-path', 'POINTER_INVALID'],
    ['"s3:///k"', 's3-path', 'POINTER_INVALID'],
    ['{"bucket":"b","key":"k/#1"}', 'bucket-key', FOLLOWED],
    ['{"Key":"k/#1","Bucket":"b"}', 'bucket-key', FOLLOWED],
    [
      '{"branch_index":0,"branch_id":"B","branches_s3_path":"s3://b/k/#1","total_branches":1}',
      undefined,
      'SEGMENT_INVALID',
    ],
    [
      '{"segment_index":0,"segment_id":0,"segment_type":"llm","manifest_s3_path":"s3://b/k/#1","total_segments":1}',
      undefined,
      'SEGMENT_INVALID',
    ],
    ['{"previous_state_s3_uri":"s3://b/k/#1","payload_type":"s3_reference"}', undefined, 'SEGMENT_INVALID'],
    ['{"__batch_pointer__":true,"bucket":"b","key":"k/#1","field_names":[]}', undefined, 'SEGMENT_INVALID'],
    ['{"__batch_pointer__":true}', undefined, 'SEGMENT_INVALID'],
    ['{"__delta_update__":true,"__changed_fields__":[]}', undefined, 'SEGMENT_INVALID'],
    ['{"type":"history_archive"}', undefined, 'SEGMENT_INVALID'],
    ['{"type":"compressed"}', undefined, 'SEGMENT_INVALID'],
    ['{"type":"error_truncated","error":"x"}', undefined, 'SEGMENT_INVALID'],
  ])('is %s', async (text, dialect, said) => {
    const reads = [FOLLOWED, 'CHECKSUM_MISMATCH'].includes(said) ? ['b/k/#1'] : [];
    expect(await programOf(text)).toMatchObject({ said: twice(said), reads });
    const { generation, dialects } = await inspect(Buffer.from(withMember('workflow_config', text)));
    expect([generation, dialects]).toEqual(dialect === undefined ? ['fat', []] : ['bridge', [dialect]]);
  });

  it('that has a checksum leads to bytes with that MD5, of which it may give the first 8 digits, in any case', async () => {
    const md5 = createHash('md5').update(PROGRAM).digest('hex');
    for (const checksum of [md5, md5.slice(0, 8), md5.slice(0, 8).toUpperCase()]) {
      const pointer = { __s3_pointer__: true, bucket: 'b', key: 'k/#1', checksum };
      expect(await programOf(JSON.stringify(pointer))).toMatchObject({ said: twice(FOLLOWED) });
    }
  });

  it.each([
    '{"__s3_pointer__":false,"bucket":"b","key":"k","x":1}',
    '{"__s3_pointer__":0,"bucket":"b","key":"k"}',
    '{"__s3_pointer__":"","bucket":"b","key":"k"}',
    '{"__s3_pointer__":null,"bucket":"b","key":"k"}',
    '{"__s3_pointer__":[],"bucket":"b","key":"k"}',
    '{"__s3_pointer__":{},"bucket":"b","key":"k"}',
    '{"__s3_offloaded":"true","__s3_path":"s3://b/k"}',
    '{"__s3_offloaded":1,"__s3_path":"s3://b/k"}',
    '{"__s3_offloaded":false}',
    '{"type":"s3_ref","s3_path":"s3://b/k"}',
    '{"bucket":"b","key":"k","region":"x"}',
    '{"bucket":"b"}',
    '{"bucket":"","key":"k"}',
    '{"Bucket":1,"Key":2}',
    '"S3://b/k"',
    '" s3://b/k"',
    '"k/1"',
    '""',
    '[]',
    '["s3://b/k"]',
    '{}',
    'null',
    '3',
    'true',
    '{"nodes":[],"edges":[]}',
    '{"__proto__":{"__s3_pointer__":true,"bucket":"b","key":"k"}}',
    '{"branches_s3_path":null}',
  ])('is not %s', async (text) => {
    const value: unknown = JSON.parse(text);
    const isProgram = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
    const { said, programs, reads } = await programOf(text);
    expect(reads).toEqual([]);
    if (isProgram && !Array.isArray(value)) expect(programs).toEqual([value, value]);
    else expect(said).toEqual(twice('SEGMENT_INVALID'));
    const { generation, dialects } = await inspect(Buffer.from(withMember('workflow_config', text)));
    expect([generation, dialects]).toEqual([['null', '""', '[]', '{}'].includes(text) ? 'lean' : 'fat', []]);
  });

  it('that stands for something else than one value is recognised and not followed', async () => {
    for (const value of [{ manifest_s3_path: 's3://b/k/#1' }, { __batch_pointer__: true, bucket: 'b', key: 'k/#1' }])
      expect(await programOf(JSON.stringify(value))).toMatchObject({ said: twice('SEGMENT_INVALID'), reads: [] });
    expect(await programOf('"s3://b/k/#1"')).toMatchObject({ said: twice(FOLLOWED), reads: ['b/k/#1'] });
  });

  it('of the bridge form satisfies the schema of pointers', async () => {
    const pointer = {
      __s3_pointer__: true,
      bucket: 'b',
      key: 'k',
      size_bytes: 2,
      checksum: '99914b93',
      field_name: 'workflow_config',
      created_at: 0,
    };
    const validate = (value: object) =>
      statebag(makePlace().dir, ['validate', '-', '--schema', 'pointers.v1'], { stdin: JSON.stringify(value) });
    expect((await validate(pointer)).code).toBe(0);
    expect((await validate({ ...pointer, key: 7 })).code).toBe(1);
  });
});

describe('a target', () => {
  it.each([
    ['s3://b/k', 'b/k'],
    ['s3://b/a/b#c?d=%2F e', 'b/a/b#c?d=%2F e'],
    ['s3://b//k', null],
    ['s3://other/k', null],
    ['k', 'b/k'],
    ['a/b#c', 'b/a/b#c'],
    ['/k', null],
    ['arn:aws:s3:::b/k', 'b/arn:aws:s3:::b/k'],
    ['', undefined],
    ['s3://', undefined],
    ['s3://b', undefined],
    ['s3://b/', undefined],
    ['s3:///k', undefined],
    ['s3://b/k\0', undefined],
    ['https://b/k', undefined],
    ['file:///etc/passwd', undefined],
    ['S3://b/k', undefined],
  ])('of %j is read by place and never as a URL', async (text, read) => {
    const place = makePlace({}, { bucket: 'b' });
    const event = JSON.stringify({ ...CONTROL, partition_map_s3_path: text });
    const { library, command } = await askBoth(event, place, IN_BUCKET);
    expect(place.reads).toEqual(typeof read === 'string' ? [read] : []);
    if (read === null) expect([library.said, command.said]).toEqual(twice('POINTER_NOT_ALLOWED'));
    if (read === undefined)
      expect([library.said, command.said]).toEqual(twice(text === '' ? 'SEGMENT_NOT_FOUND' : 'POINTER_INVALID'));
  });
});

/** Whether a value says nothing, is a pointer or is inline, under the old name or under that of the path. */
async function stateOf(name: string, value: unknown): Promise<string> {
  const { generation, dialects } = await inspectValue({ ...CONTROL, [name]: value });
  return `${generation} ${dialects.join()}`;
}

describe('a field', () => {
  it('under an old name is absent, empty, a pointer or inline', async () => {
    for (const value of [undefined, null, '', {}, [], '{}', ' [\n] '])
      expect(await stateOf('workflow_config', value)).toBe('lean ');
    expect(await stateOf('workflow_config', 's3://b/k')).toBe('bridge s3-path');
    expect(await stateOf('workflow_config', { bucket: 'b', key: 'k' })).toBe('bridge bucket-key');
    for (const value of [{ nodes: [] }, [1], 0, false, 'text', ' ', '{', '[1]', { manifest_s3_path: 's3://b/k' }])
      expect(await stateOf('workflow_config', value)).toBe('fat ');
  });

  it('under the name of a path takes any text for one', async () => {
    const name = 'workflow_config_s3_path';
    for (const value of [undefined, null, '', {}, 7]) expect(await stateOf(name, value)).toBe('lean ');
    for (const value of ['s3://b/k', 'k', 'https://b/k']) expect(await stateOf(name, value)).toBe('bridge s3-path');
    expect(await stateOf(name, { bucket: 'b', key: 'k' })).toBe('bridge bucket-key');
  });
});
