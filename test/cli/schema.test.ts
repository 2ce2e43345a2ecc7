import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

type Schema = Record<string, unknown> & { required: string[] };

const published = () =>
  JSON.parse(readFileSync(new URL('../../schemas/state-bag.v2.json', import.meta.url), 'utf8')) as Schema;
const put = (name: string, value: unknown) => {
  writeFileSync(join(scratch.dir, name), typeof value === 'string' ? value : JSON.stringify(value, null, 2));
};
const diff = (...args: string[]) => statebag(scratch.dir, ['schema', 'diff', ...args]);

describe('schema diff', () => {
  it('finds nothing between a schema and itself, by name, $id and path', async () => {
    put('same.json', published());
    for (const [old, now] of [
      ['state-bag.v2', 'same.json'],
      ['https://statebag-shim.dev/schemas/state-bag.v2.json', 'state-bag.v2'],
    ] as const) {
      expect(await diff(old, now)).toMatchObject({ code: 0, out: '1 documents, 1 valid, 0 invalid\n' });
    }
  });

  it('fails for a member that is asked for now, at its place in the new schema, unless stored documents do not matter', async () => {
    const schema = published();
    put('next.json', { ...schema, required: [...schema.required, 'tenant'] });
    const { code, out } = await diff('state-bag.v2', 'next.json');
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(
        /^next\.json:1:1 {2}document {2}The document: `required` gained "tenant"\. \(breaks-stored\)$/m,
      ),
    ]);
    expect((await diff('state-bag.v2', 'next.json', '--require', 'forward')).code).toBe(0);
  });

  it('names line and column of what breaks readers, and asks about it only where they matter', async () => {
    put('old.json', { type: 'object', properties: { a: { type: 'string' } } });
    put('new.json', { type: 'object', properties: { a: { type: ['string', 'null'] } } });
    const { code, out } = await diff('old.json', 'new.json', '--json');
    const { documents } = JSON.parse(out) as { documents: { issues: unknown[] }[] };
    expect([code, documents[0]!.issues]).toMatchObject([
      1,
      [{ rule: 'breaks-readers', level: 'error', line: 4, column: 5, pointer: '/properties/a' }],
    ]);
    expect((await diff('old.json', 'new.json', '--require', 'backward')).code).toBe(0);
  });

  it('holds real documents against both', async () => {
    const fat = JSON.parse(
      readFileSync(new URL('../../schemas/state-bag.fat.json', import.meta.url), 'utf8'),
    ) as Schema;
    put('next.json', { ...fat, required: ['priority'] });
    put('bags.ndjson', `${smallBag({ priority: 1 })}\n{"state_data":${smallBag()}}\nnonsense\n`);
    const { code, out } = await diff('state-bag.fat', 'next.json', '--bags', 'bags.ndjson');
    expect(code).toBe(1);
    expect(out).toMatch(
      /^bags\.ndjson:2:1 .*satisfied the old schema and not the new one: `priority` is missing.*\(breaks-stored\)$/m,
    );
    expect(out).toMatch(/^bags\.ndjson:3:1 .*\(JSON_SYNTAX\)$/m);
    expect(out).toMatch(/^4 documents, 1 valid, 3 invalid$/m);
  });

  it('does not pass for documents that it could not judge, or for a source without any', async () => {
    put('fat.json', smallBag());
    put('torn.json', '{');
    put('empty.ndjson', '');
    expect(await diff('lean', 'lean', '--bags', 'fat.json')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^fat\.json:1:1 {2}warning .*satisfies neither schema.*\(not-judged\)$/m) as string,
    });
    expect(await diff('lean', 'lean', '--bags', 'torn.json')).toMatchObject({
      code: 1,
      out: expect.stringContaining('(JSON_SYNTAX)') as string,
    });
    expect(await diff('lean', 'lean', '--bags', 'fat.json', '--bags', 'empty.ndjson')).toMatchObject({
      code: 2,
      err: expect.stringContaining('SOURCE_EMPTY') as string,
    });
  });

  it('does not pass when a document of --bags was skipped, is empty or cannot be read', async () => {
    mkdirSync(join(scratch.dir, 'bags'));
    put('bags/a.json', smallBag());
    expect(await diff('fat', 'fat', '--bags', 'bags')).toMatchObject({ code: 0 });
    put('bags/notes.txt', smallBag());
    put('bags/empty.ndjson', '');
    const { code, out } = await diff('fat', 'fat', '--bags', 'bags', '--json');
    expect([code, JSON.parse(out)]).toMatchObject([
      1,
      {
        totals: { documents: 2, invalid: 0 },
        answer: 'not proven',
        inventory: { read: 1, skipped: 1, empty: 1 },
        skipped: [{ id: 'bags/notes.txt' }],
        empty: [{ id: 'bags/empty.ndjson' }],
      },
    ]);
  });

  it('compares schemas with any numbers, and names --bags only where it can be used', async () => {
    const dialect = 'http://json-schema.org/draft-07/schema#';
    const hint = async (old: string, now: string) => {
      put('old.json', old);
      put('new.json', now);
      const { out } = await diff('old.json', 'new.json', '--json');
      const { documents } = JSON.parse(out) as { documents: { issues: { rule: string; hint: string }[] }[] };
      return documents[0]!.issues.map((issue) => [issue.rule, issue.hint.includes('--bags')]);
    };
    expect(await hint('{"pattern":"a"}', '{"pattern":"b"}')).toEqual([['unknown', true]]);
    expect(await hint('{"pattern":"a"}', '{"pattern":"b","enum":[1e400,-1e-400]}')).toEqual([
      ['unknown', false],
      ['breaks-stored', false],
    ]);
    expect(await hint(`{"$schema":"${dialect}"}`, '{}')).toEqual([['unknown', false]]);
  });

  it.each([
    ['a percent sign that is no code', { 'x-link': { $ref: '50%.json' } }, 1],
    ['a host', { 'x-link': { $ref: 'file://host/x' } }, 1],
    ['a slash in percent codes', { 'x-link': [{ $ref: 'a%2Fb' }] }, 1],
    ['broken percent codes', { examples: [{ $ref: '%zz' }] }, 0],
    ['a host, in draft-07', { $schema: 'http://json-schema.org/draft-07/schema#', $ref: 'file://host/x' }, 1],
  ])('ends with an answer for a reference that validators do not follow: %s', async (_, schema, code) => {
    put('old.json', schema);
    put('new.json', { ...schema, title: 'new' });
    const ran = await diff('old.json', 'new.json');
    expect([ran.err, ran.out.includes('(unknown)')]).toEqual(['', code === 1]);
    expect(ran.code).toBe(code);
  });

  it.each([
    [['schema', 'lint', 'a', 'b'], 'is not an action of statebag schema: diff'],
    [['schema', 'diff', 'a'], 'NEW is missing'],
    [['schema', 'diff', 'nowhere.json', 'state-bag.v2'], 'SCHEMA_NOT_FOUND'],
    [
      ['schema', 'diff', 'state-bag.v2', 'state-bag.v2', '--require', 'most'],
      '--require takes full or backward or forward',
    ],
    [['schema', 'diff', 'state-bag.v2', 'broken.json'], 'SCHEMA_INVALID'],
    [['schema', 'diff', 'large-type.json', 'large-type.json'], 'SCHEMA_INVALID'],
    [['schema', 'diff', 'large-pattern.json', 'large-pattern.json'], 'SCHEMA_INVALID'],
    [['schema', 'diff', 'large-list.json', 'large-list.json'], 'SCHEMA_INVALID'],
    [['schema', 'diff', 'large-loop.json', 'large-loop.json'], 'SCHEMA_UNSUPPORTED'],
    [['schema', 'diff', 'state-bag.v2', 'remote.json'], 'SCHEMA_REMOTE'],
  ])('refuses %j', async (args, message) => {
    put('broken.json', '{"type": "nonsense"}');
    const large = '"maximum":9007199254740993';
    put('large-type.json', `{"type":"strin",${large}}`);
    put('large-pattern.json', `{"properties":{"a":{"pattern":"("}},${large}}`);
    put('large-list.json', `{"items":[{"type":"string"}],${large}}`);
    put('large-loop.json', `{"anyOf":[{"$ref":"#"}],${large}}`);
    put('remote.json', { $ref: 'https://example.com/x.json' });
    const { code, err } = await statebag(scratch.dir, args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});
