import { describe, expect, it } from 'vitest';
import { compare } from './compare.js';
import type { Item } from './compare.js';
import { formatRecording, groupsOf, nextRecording, parseRecording } from './recorded.js';
import type { Groups, Ran } from './recorded.js';
import { describeChanges } from './recording-report.js';

const BEFORE = parseRecording(
  'aaaaaaaaaaaa\tmark=1:00000001\torder=2:00000002\n' +
    'bbbbbbbbbbbb\tmark=1:00000003\n' +
    'cccccccccccc\tmark=1:00000004\n',
);

const ran = (key: string, title: string, groups: Groups, changes: Ran['changes'] = {}): Ran => ({
  key,
  title,
  groups,
  changes,
});

const INPUTS = [
  ran('aaaaaaaaaaaa', 'wrap of A', { mark: '1:00000001', order: '1:00000009' }, { order: ['exit (step 1) 0 → 3'] }),
  ran('bbbbbbbbbbbb', 'wrap of B', { mark: '1:00000003' }),
  ran('dddddddddddd', 'wrap of D', { mark: '1:00000007' }, { mark: ['answer (shim) added at /x: nothing → 1'] }),
];

describe('a new recording', () => {
  it('is read again as it was, with the id of each rule in it once', () => {
    const text = formatRecording(BEFORE);
    expect(parseRecording(text)).toEqual(BEFORE);
    expect(text.match(/mark|order/g)).toEqual(['mark', 'order']);
  });

  it('of every input drops the inputs that are gone, and tells what each changed input hides now', () => {
    const rows = nextRecording(BEFORE, INPUTS, true);
    expect([...rows.keys()].sort()).toEqual(['aaaaaaaaaaaa', 'bbbbbbbbbbbb', 'dddddddddddd']);
    expect(describeChanges(BEFORE, rows, INPUTS)).toEqual([
      'recorded.tsv: 1 inputs added, 1 removed, 1 changed, 1 as before',
      'no input has the key cccccccccccc any more: mark 1',
      'rule mark: other differences in 1 inputs (0 before, 1 now)',
      '  wrap of D',
      '    before: no allowed difference',
      '    now:    mark 1',
      '      answer (shim) added at /x: nothing → 1',
      'rule order: other differences in 1 inputs (2 before, 1 now)',
      '  wrap of A',
      '    before: mark 1, order 2',
      '    now:    mark 1, order 1',
      '      exit (step 1) 0 → 3',
    ]);
  });

  it('of a part of the inputs keeps the lines of the others', () => {
    const rows = nextRecording(BEFORE, INPUTS.slice(0, 1), false);
    expect([...rows.keys()].sort()).toEqual(['aaaaaaaaaaaa', 'bbbbbbbbbbbb', 'cccccccccccc']);
    expect(rows.get('cccccccccccc')).toEqual({ mark: '1:00000004' });
    expect(describeChanges(BEFORE, rows, INPUTS.slice(0, 1))[0]).toBe(
      'recorded.tsv: 0 inputs added, 0 removed, 1 changed, 2 as before',
    );
  });

  it('drops an input that has no allowed difference any more, and names it', () => {
    const inputs = [ran('bbbbbbbbbbbb', 'wrap of B', {}, { mark: [] })];
    const rows = nextRecording(BEFORE, inputs, false);
    expect([...rows.keys()]).toEqual(['aaaaaaaaaaaa', 'cccccccccccc']);
    expect(describeChanges(BEFORE, rows, inputs).slice(0, 4)).toEqual([
      'recorded.tsv: 0 inputs added, 1 removed, 0 changed, 2 as before',
      'rule mark: other differences in 1 inputs (1 before, 0 now)',
      '  wrap of B',
      '    before: mark 1',
    ]);
  });

  it('shows four inputs of a rule and counts the others', () => {
    const inputs = Array.from({ length: 7 }, (_, at) => ran(`${at}`.repeat(12), `wrap ${at}`, { mark: '1:0000000f' }));
    const lines = describeChanges(new Map(), nextRecording(new Map(), inputs, true), inputs);
    expect(lines.filter((line) => line.startsWith('  wrap '))).toEqual([
      '  wrap 0',
      '  wrap 1',
      '  wrap 2',
      '  wrap 3',
    ]);
    expect(lines.at(-1)).toBe('  and 3 more inputs');
  });
});

describe('the digest of an allowed difference', () => {
  const item = (form: Item['form'], value: unknown): Item => ({
    aspect: 'stdout',
    name: 'step 0',
    text: typeof value === 'string' ? value : JSON.stringify(value),
    form,
  });
  /** What recorded.tsv would have for a difference to an old output, which a rule allows. */
  const recorded = (form: Item['form'], value: unknown, old: unknown = { code: 0 }) =>
    groupsOf(new Map([['rule', compare([item(form, old)], [item(form, value)])]]), '');

  it.each<[string, unknown, unknown]>([
    ['an outcome', { code: 0, outcome: 'migrated' }, { code: 0, outcome: 'failed' }],
    ['a truth value', { code: 0, retryable: true }, { code: 0, retryable: false }],
    ['a number in a message', { code: 0, message: 'takes 7 bytes' }, { code: 0, message: 'takes 8 bytes' }],
    ['the order of numbers in a message', { code: 0, message: '1 of 2' }, { code: 0, message: '2 of 1' }],
    ['a code in a message', { code: 0, message: 'is BAG_INVALID' }, { code: 0, message: 'is MAP_INVALID' }],
    ['the type of an error with a message', { e: { type: 'A', message: 'x' } }, { e: { type: 'B', message: 'x' } }],
    ['a number in a text that is not JSON', 'wrote 1 of 2 documents', 'wrote 2 of 2 documents'],
  ])('is another one when the new build has %s changed in a report', (_what, one, other) => {
    expect(recorded('report', one)).not.toEqual(recorded('report', other));
  });

  it.each<[string, unknown, unknown]>([
    ['a word', { state: { text: 'one' } }, { state: { text: 'two' } }],
    ['a word of a message', { state: { message: 'one' } }, { state: { message: 'two' } }],
    ['a space', '{"code":0,"state":{"a":1}}', '{"code":0,"state":{"a": 1}}'],
  ])('is another one when the new build has %s changed in a document that it prints', (_what, one, other) => {
    expect(recorded('exact', one)).not.toEqual(recorded('exact', other));
  });

  it('is the same when a sentence of a report has other words around its numbers and codes', () => {
    expect(recorded('report', { code: 0, message: 'may not leave 7 (MAP_INVALID)' })).toEqual(
      recorded('report', { code: 0, message: 'must leave 7: MAP_INVALID' }),
    );
    expect(recorded('report', 'nothing was deleted of 3 blobs')).toEqual(recorded('report', 'all of 3 blobs is gone'));
  });
});
