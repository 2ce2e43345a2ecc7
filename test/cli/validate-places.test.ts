import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { leanBag } from '../validate/lean-bag.js';
import { stateBagMatchers } from 'statebag-shim/matchers';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const lean = JSON.stringify(leanBag);
const put = (name: string, data: string | Uint8Array) => {
  mkdirSync(join(scratch.dir, name, '..'), { recursive: true });
  writeFileSync(join(scratch.dir, name), data);
};
const validate = (...args: readonly string[]) => statebag(scratch.dir, ['validate', ...args]);

describe('a mistake in a later line of NDJSON', () => {
  const lines = `${lean}\n\n{"a":]\n`;

  it.each([
    ['l.ndjson', lines],
    ['l.jsonl', lines],
    ['l.ndjson.gz', gzipSync(lines)],
  ])('has the line of the file and no other one in every format: %s', async (name, data) => {
    put(name, data);
    const outputs = await Promise.all(
      ['pretty', 'json', 'github', 'sarif', 'junit'].map((format) => validate(name, '--format', format)),
    );
    const [pretty, json, github, sarif, junit] = outputs.map(({ out }) => out);
    expect(outputs.map(({ code }) => code)).toEqual([1, 1, 1, 1, 1]);
    const message = "unexpected ']' where a value was expected.";
    expect(pretty).toMatch(new RegExp(`^${name}:3:6 {2}document {2}${message} \\(JSON_SYNTAX\\)$`, 'm'));
    expect((JSON.parse(json!) as { documents: { issues: unknown[] }[] }).documents[1]!.issues).toEqual([
      { pointer: '', rule: 'JSON_SYNTAX', level: 'error', message, line: 3, column: 6 },
    ]);
    expect(github).toContain(`::error file=${name},line=3,col=6,title=JSON_SYNTAX::${message}\n`);
    const [result] = (
      JSON.parse(sarif!) as {
        runs: [{ results: [{ message: unknown; locations: [{ physicalLocation: { region: unknown } }] }] }];
      }
    ).runs[0].results;
    expect([result.message, result.locations[0].physicalLocation.region]).toEqual([
      { text: message },
      { startLine: 3, startColumn: 6 },
    ]);
    expect(junit).toContain(`${name}:3:6: unexpected &apos;`.replace('&apos;', "'"));
    for (const out of [pretty, github, sarif, junit]) expect(out).not.toContain('line 1');
  });

  it('has its line when the mistake is found by a schema, a limit or an id', async () => {
    const wrong = [
      JSON.stringify({ ...leanBag, workflow_config: {} }),
      JSON.stringify({ ...leanBag, padding: 'x'.repeat(300_000) }),
      JSON.stringify({ ...leanBag, ownerId: {} }),
      `${lean.slice(0, -1)},"note":1,"note":2}`,
    ];
    put('l.ndjson', [lean, ...wrong].join('\n'));
    const { out } = await validate('l.ndjson', '--json');
    const { documents } = JSON.parse(out) as { documents: { issues: { rule: string; line: number }[] }[] };
    expect(documents.map(({ issues }) => issues.map(({ rule, line }) => [rule, line]))).toEqual([
      [],
      [['not', 2]],
      [['maxBytes', 3]],
      [['ID_INVALID', 4]],
      [['DUPLICATE_MEMBER', 5]],
    ]);
  });

  it('has its line in schema diff --bags too', async () => {
    put('bags.ndjson', lines);
    const { out } = await statebag(scratch.dir, ['schema', 'diff', 'lean', 'lean', '--bags', 'bags.ndjson']);
    expect(out).toMatch(
      /^bags\.ndjson:3:6 {2}document {2}unexpected '\]' where a value was expected\. \(JSON_SYNTAX\)$/m,
    );
  });
});

it('a mistake in a document of several lines has its line there', async () => {
  put('a.json', '{\n"a":\n  ]');
  expect((await validate('a.json')).out).toMatch(
    /^a\.json:3:3 {2}document {2}unexpected '\]' where a value was expected\. /m,
  );
});

describe('a number in a message', () => {
  it.each([
    ['{"x":12345678901234567890}', '`x` is 12345678901234567890; it must be at most 3.'],
    ['{"x":4.0}', '`x` is 4.0; it must be at most 3.'],
    ['{"x":1e2}', '`x` is 1e2; it must be at most 3.'],
    ['{"list":[0,9007199254740993]}', '`list[1]` is 9007199254740993; it must be a string or a number'],
    [`{"x":${'9'.repeat(80)}}`, `\`x\` is ${'9'.repeat(60)}…; it must be at most 3.`],
  ])('is spelled as in the document: %s', async (text, message) => {
    const list = { items: { maximum: 9, anyOf: [{ type: 'string' }, { maximum: 9 }] } };
    put('s.json', JSON.stringify({ properties: { x: { maximum: 3 }, list } }));
    put('a.json', text);
    const { code, out } = await validate('a.json', '--schema', './s.json');
    expect([code, out]).toEqual([1, expect.stringContaining(message.split(';')[0]!)]);
  });

  it('that is an id beyond 2^53 is refused under every schema of bags, as it is spelled', async () => {
    put('a.json', lean.replace(/"ownerId":"[^"]*"/, '"ownerId":12345678901234567890'));
    for (const schema of ['lean', 'fat', 'auto']) {
      const { code, out } = await validate('a.json', '--schema', schema);
      expect([code, out]).toEqual([1, expect.stringContaining('ownerId at the root is 12345678901234567890, and ')]);
    }
  });
});

describe('a fat bag that is JSON text inside JSON text', () => {
  const text = (value: string, times: number): string => (times === 0 ? value : text(JSON.stringify(value), times - 1));

  it.each([
    ['under `Payload` of a lean bag', { ...leanBag, Payload: text(smallBag(), 1) }],
    ['under `state_data` of a lean bag', { ...leanBag, state_data: text(smallBag(), 1) }],
    ['three times under `bag` of a lean bag', { ...leanBag, bag: text(smallBag(), 3) }],
    ['next to a lean bag', { Payload: leanBag, bag: text(smallBag(), 1) }],
  ])('is found: %s', async (_, document) => {
    put('a.json', JSON.stringify(document));
    const { code, out } = await validate('a.json');
    expect([code, out]).toEqual([1, expect.stringContaining('(STRAY_BAG)')]);
    expect(stateBagMatchers.toBeLeanStateBag(document).pass).toBe(false);
  });

  it('is not a bag when nothing else is there', async () => {
    for (const document of [text(smallBag(), 1), JSON.stringify({ bag: text(smallBag(), 1) })]) {
      put('a.json', document);
      expect(await validate('a.json')).toMatchObject({
        code: 1,
        out: expect.stringContaining('(NOT_A_BAG)') as string,
      });
    }
  });
});
