import { describe, expect, it } from 'vitest';
import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import { DIALECTS, detectPointer, detectValuePointer } from '../../src/bag/dialects/index.js';
import { detectField, detectPath } from '../../src/bag/field.js';
import { objectReader } from '../../src/bag/object-reader.js';
import { detectTarget } from '../../src/bag/pointer.js';
import type { Pointer } from '../../src/bag/pointer.js';
import { validateAgainst } from '../../src/bag/validate/validate-against.js';

function pointerOf(text: string): Pointer | undefined {
  const pointer = detectPointer(byteReader, readDocument(Buffer.from(text)));
  expect(detectPointer(objectReader, JSON.parse(text))).toEqual(pointer);
  return pointer;
}

const target = { bucket: 'b', key: 'k/#1' };

describe('a pointer', () => {
  it.each<readonly [string, Pointer]>([
    [
      '{"__s3_pointer__":true,"bucket":"b","key":"k/#1","size_bytes":3,"checksum":"0aBC1234","field_name":"input","created_at":1.5}',
      { dialect: 's3-pointer', target, md5: '0abc1234', size: 3 },
    ],
    ['{"__s3_pointer__":1,"bucket":"b","key":"k/#1"}', { dialect: 's3-pointer', target }],
    [
      '{"__s3_pointer__":"true","bucket":"b","key":"k/#1","checksum":"","size_bytes":null}',
      { dialect: 's3-pointer', target },
    ],
    ['{"__s3_pointer__":[0],"bucket":"b","key":"k/#1","checksum":null}', { dialect: 's3-pointer', target }],
    ['{"__s3_pointer__":true,"key":"k"}', { dialect: 's3-pointer', target: undefined }],
    ['{"__s3_pointer__":true,"bucket":"","key":"k"}', { dialect: 's3-pointer', target: undefined }],
    ['{"__s3_pointer__":true,"bucket":5,"key":"k"}', { dialect: 's3-pointer', target: undefined }],
    [
      '{"__s3_offloaded":true,"__s3_path":"s3://b/k/#1","__original_size_kb":1.25,"execution_id":"kept"}',
      { dialect: 's3-offloaded', target, mixed: ['execution_id'] },
    ],
    ['{"__s3_offloaded":true}', { dialect: 's3-offloaded', target: undefined }],
    [
      '{"type":"s3_reference","s3_path":"s3://b/k/#1","size_kb":3,"stored_at":"2026"}',
      { dialect: 's3-reference', target },
    ],
    ['{"type":"s3_reference"}', { dialect: 's3-reference', target: undefined }],
    ['"s3://b/k/#1"', { dialect: 's3-path', target }],
    ['"s3://b/"', { dialect: 's3-path', target: undefined }],
    ['"s3:///k"', { dialect: 's3-path', target: undefined }],
    ['{"bucket":"b","key":"k/#1"}', { dialect: 'bucket-key', target }],
    ['{"Key":"k/#1","Bucket":"b"}', { dialect: 'bucket-key', target }],
    [
      '{"branch_index":0,"branch_id":"B","branches_s3_path":"s3://b/k/#1","total_branches":1}',
      { dialect: 'branch-pointer', target },
    ],
    [
      '{"segment_index":0,"segment_id":0,"segment_type":"llm","manifest_s3_path":"s3://b/k/#1","total_segments":1}',
      { dialect: 'manifest-pointer', target },
    ],
    ['{"previous_state_s3_uri":"s3://b/k/#1","payload_type":"s3_reference"}', { dialect: 'state-summary', target }],
    ['{"__batch_pointer__":true,"bucket":"b","key":"k/#1","field_names":[]}', { dialect: 'batch-pointer', target }],
    ['{"__batch_pointer__":true}', { dialect: 'batch-pointer', target: undefined }],
    ['{"__delta_update__":true,"__changed_fields__":[]}', { dialect: 'delta-marker', target: undefined }],
    ['{"type":"history_archive"}', { dialect: 'data-loss-marker', target: undefined }],
    ['{"type":"compressed"}', { dialect: 'data-loss-marker', target: undefined }],
    ['{"type":"error_truncated","error":"x"}', { dialect: 'data-loss-marker', target: undefined }],
  ])('is %s', (text, pointer) => {
    expect(pointerOf(text)).toEqual(pointer);
  });

  it.each([
    ...[
      '{"__s3_pointer__":false,"bucket":"b","key":"k","x":1}',
      '{"__s3_pointer__":0,"bucket":"b","key":"k"}',
      '{"__s3_pointer__":"","bucket":"b","key":"k"}',
    ],
    ...[
      '{"__s3_pointer__":null,"bucket":"b","key":"k"}',
      '{"__s3_pointer__":[],"bucket":"b","key":"k"}',
      '{"__s3_pointer__":{},"bucket":"b","key":"k"}',
    ],
    ...[
      '{"__s3_offloaded":"true","__s3_path":"s3://b/k"}',
      '{"__s3_offloaded":1,"__s3_path":"s3://b/k"}',
      '{"__s3_offloaded":false}',
    ],
    ...[
      '{"type":"s3_ref","s3_path":"s3://b/k"}',
      '{"bucket":"b","key":"k","region":"x"}',
      '{"bucket":"b"}',
      '{"bucket":"","key":"k"}',
      '{"Bucket":1,"Key":2}',
    ],
    ...[
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
    ],
    ...['{"__proto__":{"__s3_pointer__":true,"bucket":"b","key":"k"}}', '{"branches_s3_path":null}'],
  ])('is not %s', (text) => {
    expect(pointerOf(text)).toBeUndefined();
  });

  it('that stands for something else than one value is recognised and not followed', () => {
    const followed = DIALECTS.map(({ name }) => name).slice(0, 5);
    expect(followed).toEqual(['s3-pointer', 's3-offloaded', 's3-reference', 's3-path', 'bucket-key']);
    expect(detectValuePointer(objectReader, { manifest_s3_path: 's3://b/k' })).toBeUndefined();
    expect(detectValuePointer(objectReader, { __batch_pointer__: true, bucket: 'b', key: 'k' })).toBeUndefined();
    expect(detectValuePointer(objectReader, 's3://b/k')?.dialect).toBe('s3-path');
  });

  it('of the bridge form satisfies the schema of pointers', () => {
    const pointer = {
      __s3_pointer__: true,
      bucket: 'b',
      key: 'k',
      size_bytes: 2,
      checksum: '99914b93',
      field_name: 'workflow_config',
      created_at: 0,
    };
    expect(validateAgainst('pointers.v1', pointer)).toEqual([]);
  });
});

describe('a target', () => {
  it.each([
    ['s3://b/k', { bucket: 'b', key: 'k' }],
    ['s3://b/a/b#c?d=%2F e', { bucket: 'b', key: 'a/b#c?d=%2F e' }],
    ['s3://b//k', { bucket: 'b', key: '/k' }],
    ['k', { bucket: undefined, key: 'k' }],
    ['a/b#c', { bucket: undefined, key: 'a/b#c' }],
    ['/k', { bucket: undefined, key: '/k' }],
    ['arn:aws:s3:::b/k', { bucket: undefined, key: 'arn:aws:s3:::b/k' }],
    ['', undefined],
    ['s3://', undefined],
    ['s3://b', undefined],
    ['s3://b/', undefined],
    ['s3:///k', undefined],
    ['s3://b/k\0', undefined],
    ['https://b/k', undefined],
    ['file:///etc/passwd', undefined],
    ['S3://b/k', undefined],
  ])('of %j is read by place and never as a URL', (text, expected) => {
    expect(detectTarget(text)).toEqual(expected);
  });
});

describe('a field', () => {
  const stateOf = (detect: typeof detectField, value: unknown) =>
    detect(objectReader, value === undefined ? {} : { f: value }, 'f').state;

  it('under an old name is absent, empty, a pointer or inline', () => {
    const values = [
      undefined,
      null,
      '',
      's3://b/k',
      { bucket: 'b', key: 'k' },
      {},
      [],
      0,
      false,
      'text',
      { manifest_s3_path: 's3://b/k' },
    ];
    const states = [
      'absent',
      'empty',
      'empty',
      'pointer',
      'pointer',
      'inline',
      'inline',
      'inline',
      'inline',
      'inline',
      'inline',
    ];
    expect(values.map((value) => stateOf(detectField, value))).toEqual(states);
  });

  it('under the name of a path takes any text for one', () => {
    const values = [undefined, null, '', 's3://b/k', 'k', 'https://b/k', { bucket: 'b', key: 'k' }, {}, 7];
    const states = ['absent', 'empty', 'empty', 'pointer', 'pointer', 'pointer', 'pointer', 'inline', 'inline'];
    expect(values.map((value) => stateOf(detectPath, value))).toEqual(states);
  });
});
