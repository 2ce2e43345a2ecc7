import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ObjectValue, readDocument } from '../../src/bag/value.js';
import { printedLength, resumability } from '../../src/bag/resume-rules.js';

const NOW = 1_769_760_000_000;
const ids = { hasToken: true, ttl: NOW / 1000 + 3600, ownerId: 'o', conversationId: 'c' };
const bag = {
  ownerId: 'o',
  workflowId: 'w',
  segment_to_run: 1,
  total_segments: 2,
  current_state: {},
  workflow_config: { id: 'w' },
};
const judge = (context: unknown, row = {}) => resumability({ ...ids, context: new ObjectValue(context), ...row }, NOW);
const codes = (context: unknown, row = {}) => judge(context, row).reasons.map(({ code }) => code);

// Tests the rules themselves: `inspect` reports them for rows of a table only, and not the length of a single value.
describe('what Python would print', () => {
  it.each([
    ['{"a":[1,2],"b":null}', 'text', '{"a": [1, 2], "b": null}'],
    ['{ "a" : [ ] }', 'text', '{"a": []}'],
    [String.raw`"\u00e9\u0001\u007f\/\n\ud83d\ude00\"\ud800"`, 'text', `"é\\u0001\u007f/\\n😀\\"???"`],
    ['"한국"', 'text', '"한국"'],
    [
      '[1.0,1e3,-0.0,1e16,1.5e300,0.0001,0.00001,1e-7,123456789012345680000.0,0.1]',
      'text',
      '[1.0, 1000.0, -0.0, 1e+16, 1.5e+300, 0.0001, 1e-05, 1e-07, 1.2345678901234568e+20, 0.1]',
    ],
    ['[1.0,1e3,1.25,-0]', 'attribute', '[1, 1000, 1.25, 0]'],
    ['[NaN,-Infinity,true]', 'text', '[NaN, -Infinity, true]'],
  ] as const)('of %s from %s', (text, origin, printed) => {
    expect(printedLength(Buffer.from(text), origin)).toBe(Buffer.byteLength(printed));
  });
});

describe('the resume handler', () => {
  it('lets a row with an inline config or a pointer under the old name go on', () => {
    expect(judge(bag)).toMatchObject({ resumable: true, reasons: [] });
    expect(judge({ ...bag, workflow_config: { __s3_pointer__: true, bucket: 'b', key: 'k' } }).resumable).toBe(true);
    expect(judge(JSON.stringify(bag)).resumable).toBe(true);
  });

  it('refuses what it refuses', () => {
    expect(codes({ ...bag, workflow_config: undefined })).toEqual(['CONFIG_MISSING']);
    expect(codes({ ...bag, workflow_config: null })).toEqual(['CONFIG_MISSING']);
    expect(codes({ ...bag, workflow_config: {} })).toEqual(['CONFIG_EMPTY']);
    expect(codes({ ...bag, workflow_config: 's3://b/k' })).toEqual(['CONFIG_NOT_OBJECT']);
    expect(codes({ ...bag, workflow_config: [1] })).toEqual(['CONFIG_NOT_OBJECT']);
    expect(codes(undefined)).toEqual(['CONTEXT_UNREADABLE']);
    expect(codes('{oops')).toEqual(['CONTEXT_UNREADABLE']);
    expect(codes([bag])).toEqual(['CONTEXT_UNREADABLE']);
    expect(codes(bag, { hasToken: false })).toEqual(['TOKEN_MISSING']);
    expect(codes(bag, { ttl: NOW / 1000 })).toEqual(['TTL_EXPIRED']);
    expect(codes(bag, { ttl: undefined })).toEqual([]);
  });

  it('refuses numbers that Python cannot divide, but only as attributes', () => {
    const text = (current_state: string) =>
      readDocument(Buffer.from(JSON.stringify(bag).replace('"current_state":{}', `"current_state":${current_state}`)));
    const byBytes = (state: string, numbers: 'attribute' | 'text') =>
      resumability({ ...ids, context: text(state), numbers }, NOW).reasons.map(({ code }) => code);
    expect(byBytes('[10000000000000000000000000000]', 'attribute')).toEqual(['NUMBER_TOO_LARGE']);
    expect(byBytes('[-1e30]', 'attribute')).toEqual(['NUMBER_TOO_LARGE']);
    expect(byBytes('[9999999999999999999999999999]', 'text')).toEqual([]);
    expect(byBytes('[999999999999999999999999999]', 'attribute')).toEqual([]);
    expect(byBytes('["10000000000000000000000000000", "\\"1e40"]', 'attribute')).toEqual([]);
    expect(byBytes('[10000000000000000000000000000]', 'text')).toEqual([]);
  });

  it('sends an output that Step Functions measures: 262,144 bytes and no more', () => {
    const sized = (length: number) => judge({ ...bag, current_state: 'x'.repeat(length) });
    const room = 262_144 - sized(0).outputBytes;
    expect(sized(room)).toMatchObject({ resumable: true, outputBytes: 262_144 });
    expect(sized(room + 1).reasons.map(({ code }) => code)).toEqual(['OUTPUT_TOO_LARGE']);
  });

  it('sends no map that is a list', () => {
    const list = judge({ ...bag, partition_map: [{ id: 0, type: 'normal' }] });
    expect(list.outputBytes).toBe(judge({ ...bag, partition_map: null }).outputBytes);
    expect(judge({ ...bag, partition_map: { 0: {} } }).outputBytes).toBe(list.outputBytes + 5);
  });
});

const corpus = process.env.STATEBAG_CORPUS;

// Recorded rows and what the handler did with them; whoever has a corpus names its folder.
if (corpus !== undefined) {
  interface Recorded {
    readonly name: string;
    readonly file: string;
    readonly resume_handler: {
      readonly statusCode: number;
      readonly send_task_success_bytes?: number;
      readonly sfn?: { readonly bytes: number };
    };
  }
  type Plain = Readonly<Record<string, unknown>>;
  const read = (file: string) => JSON.parse(readFileSync(join(corpus, file), 'utf8')) as unknown;
  const plain = (value: unknown): unknown => {
    const [[type, inner]] = Object.entries(value as Plain) as [[string, unknown]];
    if (type === 'M')
      return Object.fromEntries(Object.entries(inner as Plain).map(([name, member]) => [name, plain(member)]));
    if (type === 'L') return (inner as unknown[]).map(plain);
    return type === 'N' ? Number(inner) : type === 'NULL' ? null : inner;
  };

  it.each((read('expected/resume.json') as Recorded[]).map((recorded) => [recorded.name, recorded] as const))(
    'does as recorded with %s',
    (_, recorded) => {
      const row = Object.fromEntries(
        Object.entries(read(recorded.file) as Plain).map(([name, value]) => [name, plain(value)]),
      );
      const { statusCode, send_task_success_bytes: bytes, sfn } = recorded.resume_handler;
      const answer = Buffer.byteLength('"승인합니다 (approved)"');
      const judged = resumability(
        {
          hasToken: row.taskToken !== undefined,
          ttl: undefined,
          ownerId: String(row.ownerId),
          conversationId: String(row.conversation_id),
          context: new ObjectValue(row.context ?? row.state_data),
        },
        NOW,
        { answerBytes: answer },
      );
      expect(judged.resumable).toBe(statusCode === 200);
      const sent = bytes ?? sfn?.bytes;
      if (sent !== undefined) expect(judged.outputBytes).toBe(sent);
    },
  );
}
