import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CompiledSchema } from '@hyperjump/json-schema/experimental';
import { describe, expect, it, vi } from 'vitest';
import { checkDocument } from '../../src/cli/schema-worker/check.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const put = (name: string, data: unknown) => {
  mkdirSync(join(scratch.dir, name, '..'), { recursive: true });
  writeFileSync(join(scratch.dir, name), typeof data === 'string' ? data : JSON.stringify(data));
};

interface Verdicts {
  readonly documents: readonly {
    readonly issues: readonly { readonly pointer: string; readonly rule: string; readonly message: string }[];
  }[];
}

/** Exit code and issues of documents, one a line, by a schema of the user. */
async function check(schema: unknown, lines: readonly string[], ...options: readonly string[]) {
  put('s.json', schema);
  put('docs.ndjson', lines.join('\n'));
  const { code, out, err } = await statebag(scratch.dir, [
    ...['validate', 'docs.ndjson', '--schema', './s.json', '--json'],
    ...options,
  ]);
  const documents = code === 2 ? [] : (JSON.parse(out) as Verdicts).documents;
  return { code, err, issues: documents.map((document) => document.issues) };
}

/** `v` for each document that satisfies the schema, `-` for each other one. */
async function verdicts(schema: unknown, lines: readonly string[]): Promise<string> {
  const { issues, err } = await check(schema, lines);
  return err === '' ? issues.map(({ length }) => (length === 0 ? 'v' : '-')).join('') : err;
}

describe('a schema of the user decides as JSON Schema 2020-12 says', () => {
  it.each<[string, unknown, readonly string[], string]>([
    [
      'a $dynamicRef to an anchor in $defs',
      { properties: { n: { $dynamicRef: '#x' } }, $defs: { a: { $dynamicAnchor: 'x', type: 'number' } } },
      ['{"n":"text"}', '{"n":1}'],
      '-v',
    ],
    [
      'unevaluatedItems next to contains',
      { contains: { type: 'string' }, unevaluatedItems: false },
      ['["a",1]', '["a"]'],
      '-v',
    ],
    ['nullable, which is not a keyword', { type: 'string', nullable: true }, ['null', '"a"'], '-v'],
    [
      'a property named __proto__',
      '{"properties":{"__proto__":{"type":"number"},"toString":{"type":"number"}}}',
      ['{"__proto__":"a"}', '{"toString":"a"}', '{"__proto__":1}', '{}'],
      '--vv',
    ],
    [
      'a $ref next to an $id of its own',
      { $id: 'own.json', $ref: '#/$defs/a', $defs: { a: { type: 'number' } } },
      ['"a"', '1'],
      '-v',
    ],
    [
      'objects with $id and $ref as values of const and enum',
      { anyOf: [{ const: { $id: 'a', x: 1 } }, { enum: [{ $ref: '#/nowhere' }, { $schema: 'z', y: [1] }] }] },
      ['{"$id":"a","x":1.0}', '{"$ref":"#/nowhere"}', '{"y":[1],"$schema":"z"}', '{}', '{"$id":"a","x":2}'],
      'vvv--',
    ],
    [
      'a keyword with the name of a method of objects',
      '{"constructor":{"type":"string"},"type":"number"}',
      ['1', '"a"'],
      'v-',
    ],
    [
      'an alternative in patternProperties next to additionalProperties',
      { properties: { a: true }, patternProperties: { 'x|y': { type: 'number' } }, additionalProperties: false },
      ['{"a":0,"x":1,"ay":2}', '{"x":"1"}', '{"b":1}'],
      'v--',
    ],
    ['maxContains', { contains: { const: 1 }, minContains: 0, maxContains: 1 }, ['[]', '[1,2]', '[1,1]'], 'vv-'],
    ['a date', { format: 'date' }, ['"2026-02-28"', '"2026-02-30"'], 'v-'],
    ['a duration', { format: 'duration' }, ['"P1Y2M"', '"P1Y2D"', '"PT1H2S"'], 'v--'],
    [
      'a date-time with 15 digits of a fraction',
      { format: 'date-time' },
      ['"2026-02-28T00:00:00.123456789012345Z"'],
      'v',
    ],
    [
      'a time with a leap second, which ends a day in UTC',
      { format: 'time' },
      ['"23:59:60Z"', '"01:29:60.5+01:30"', '"15:59:60-08:00"', '"22:59:60Z"', '"23:59:60+01:00"', '"23:59:61Z"'],
      'vvv---',
    ],
    [
      'a time',
      { format: 'time' },
      ['"12:00:00Z"', '"12:00:00.25+14:00"', '"12:00:00"', '"24:00:00Z"', '"12:00:00+24:00"', '"1:00:00Z"', '1'],
      'vv----v',
    ],
    ...['uri', 'uri-reference', 'iri', 'iri-reference'].map((format): [string, unknown, string[], string] => [
      `an address of a later version as ${format}`,
      { format },
      ['"http://[v1.fe]"', '"http://[V1f.a:b]:80/x"', '"http://[v1]"', '"http://[::1]"'],
      'vv-v',
    ]),
    ['a format that is not known, which is ignored', { format: 'colour' }, ['"x"'], 'v'],
  ])('%s', async (_, schema, lines, expected) => {
    expect(await verdicts(schema, lines)).toBe(expected);
  });
});

describe('numbers are compared as they are spelled', () => {
  it.each<[string, unknown, readonly string[], string]>([
    [
      'const',
      { const: 9007199254740992 },
      ['9007199254740992', '9007199254740993', '9007199254740992.0', '9.007199254740992e15'],
      'v-vv',
    ],
    ['enum', { enum: [9007199254740992, 0.1] }, ['9007199254740993', '0.10', '0.1000000000000000055', '1e-1'], '-v-v'],
    ['maximum', { maximum: 9007199254740992 }, ['9007199254740993', '9007199254740992', '-1e400'], '-vv'],
    ['exclusiveMinimum', { exclusiveMinimum: 9007199254740992 }, ['9007199254740993', '9007199254740992'], 'v-'],
    ['uniqueItems', { uniqueItems: true }, ['[9007199254740992,9007199254740993]', '[1,1.0]', '[1e400,2e400]'], 'v-v'],
    [
      'type',
      { type: 'integer' },
      ['1e400', '9007199254740993', '9007199254740993.5', '1.0', '0.5', '1e-400'],
      'vv-v--',
    ],
    ['multipleOf', { multipleOf: 0.01 }, ['19.99', '0.075', '1e308', '0', '1e-400', '-4.35'], 'v-vv-v'],
    ['multipleOf of a whole number', { multipleOf: 2 }, ['9007199254740993', '9007199254740994', '1e400'], '-vv'],
  ])('by %s', async (_, schema, lines, expected) => {
    expect(await verdicts(schema, lines)).toBe(expected);
  });

  it.each([
    ['const', '{"const":9007199254740993}'],
    ['an element of enum', '{"enum":[1,\n9007199254740993]}'],
    ['maximum', '{"properties":{"a":{"maximum":1e400}}}'],
    ['multipleOf', '{"multipleOf":0.1000000000000000055}'],
  ])('and a schema is refused whose number a double does not keep: %s', async (_, schema) => {
    const { code, err } = await check(schema, ['1']);
    expect([code, err]).toEqual([2, expect.stringMatching(/SCHEMA_UNSUPPORTED.*the number at line \d, column \d+/)]);
  });

  it('and a schema is not refused because of numbers that compare nothing', async () => {
    const schema = '{"default":9007199254740993,"examples":[1e400],"x-limit":9007199254740993,"maximum":1.50}';
    expect(await verdicts(schema, ['1.5', '1.51'])).toBe('v-');
  });
});

describe('a pattern', () => {
  it.each<[string, readonly string[], string]>([
    ['^a\\-b$', ['"a-b"', '"ab"'], 'v-'],
    ['^{.*}$', ['"{x}"', '"x"'], 'v-'],
    ['^[\\w-.]+$', ['"a-b.c"', '"a b"'], 'v-'],
    ['^\\p{L}\\-\\"$', ['"ä-\\""', '"1-\\""'], 'v-'],
    ['^a{2}]$', ['"aa]"', '"a]"'], 'v-'],
  ])('that Unicode mode refuses is read as it is meant: %s', async (pattern, lines, expected) => {
    expect(await verdicts({ pattern }, lines)).toBe(expected);
  });

  it.each(['(', '[', 'a**', '\\', '(?<a>x)(?<a>y)'])(
    'that is broken is refused with its place: %s',
    async (pattern) => {
      const { code, err } = await check({ properties: { a: { pattern } } }, ['{}']);
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(/SCHEMA_INVALID.*#\/properties\/a\/pattern is not a regular/),
      ]);
    },
  );
});

describe('a schema that cannot be used ends with exit 2 before the first document', () => {
  it.each<[string, unknown, string]>([
    ['a $ref to itself', { $ref: '#' }, 'SCHEMA_UNSUPPORTED'],
    [
      'two $refs to each other',
      { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } },
      'SCHEMA_UNSUPPORTED',
    ],
    ['itself in anyOf', { anyOf: [{ type: 'object' }, { $ref: '#' }] }, 'SCHEMA_UNSUPPORTED'],
    ['itself under a condition', { if: { required: ['a'] }, then: { $ref: '#' } }, 'SCHEMA_UNSUPPORTED'],
    ['itself in dependentSchemas', { dependentSchemas: { zzz: { not: { $ref: '#' } } } }, 'SCHEMA_UNSUPPORTED'],
    ['a $dynamicRef that leads back', { $dynamicAnchor: 'a', $dynamicRef: '#a' }, 'SCHEMA_UNSUPPORTED'],
    ['draft-07', { $schema: 'http://json-schema.org/draft-07/schema#' }, 'SCHEMA_UNSUPPORTED'],
    [
      'an inner draft-07',
      { $defs: { a: { $id: 'b', $schema: 'http://json-schema.org/draft-07/schema#' } } },
      'SCHEMA_UNSUPPORTED',
    ],
    ['a dialect of its own', { $schema: 'https://example.com/dialect' }, 'SCHEMA_UNSUPPORTED'],
    ['an anchor that is not there', { $ref: '#nowhere' }, 'SCHEMA_INVALID'],
    ['a place that is not there', { $ref: '#/$defs/a' }, 'SCHEMA_INVALID'],
    ['a keyword of the wrong type', { properties: { a: { minLength: 'x' } } }, 'SCHEMA_INVALID'],
    ['a list', [], 'SCHEMA_INVALID'],
    ['an $id with a fragment', { $id: '#x' }, 'SCHEMA_INVALID'],
    ['an inner $id with a fragment', { $defs: { a: { $id: 'a#b' } } }, 'SCHEMA_INVALID'],
    ['an $id that is not text', { properties: { a: { $id: 1 } } }, 'SCHEMA_INVALID'],
    ['an $anchor that is not a name', { $anchor: '1 a' }, 'SCHEMA_INVALID'],
    ['a $dynamicAnchor that is not a name', { items: { $dynamicAnchor: '' } }, 'SCHEMA_INVALID'],
    ['a wrong type next to a large number', '{"type":"strin","maximum":9007199254740993}', 'SCHEMA_INVALID'],
    ['a scheme that is not of files', { $ref: 'ftp://example.com/x' }, 'SCHEMA_REMOTE'],
  ])('%s', async (_, schema, code) => {
    expect(await check(schema, ['{}'])).toMatchObject({ code: 2, err: expect.stringContaining(`${code}: `) as string });
  });

  it('and the message names the place of a mistake', async () => {
    const { err } = await check({ properties: { a: { minLength: 'x' } } }, ['{}']);
    expect(err).toContain('the value at "/properties/a/minLength" breaks the rule `type`');
  });
});

describe('a document that a schema does not decide is a finding, and the run goes on', () => {
  it('when a pattern takes too long', { timeout: 120_000 }, async () => {
    const slow = `{"a":"${'a'.repeat(44)}!"}`;
    const { code, issues } = await check({ properties: { a: { pattern: '^(a+)+$' } } }, [
      '{"a":"b"}',
      slow,
      '{"a":"aa"}',
    ]);
    expect([code, issues.map((found) => found.map(({ rule }) => rule))]).toEqual([
      1,
      [['pattern'], ['SCHEMA_TIMEOUT'], []],
    ]);
    // It is not a document that fails as it should.
    expect(await check({ properties: { a: { pattern: '^(a+)+$' } } }, [slow], '--expect', 'invalid')).toMatchObject({
      code: 1,
      issues: [[{ rule: 'SCHEMA_TIMEOUT' }]],
    });
  });

  it('when a $dynamicRef leads back for one document only', async () => {
    const schema = { $dynamicAnchor: 'a', if: { type: 'object', required: ['x'] }, then: { $dynamicRef: '#a' } };
    const { code, issues } = await check(schema, ['{}', '{"x":1}', '[]']);
    expect([code, issues.map((found) => found.map(({ rule }) => rule))]).toEqual([1, [[], ['SCHEMA_LIMIT'], []]]);
    expect(issues[1]![0]!.message).toContain('nests too deeply');
  });

  it('when the validator fails, with the reason', () => {
    const schema = { schemaUri: '#', ast: { '#': [['no-such-keyword', '#/x', 1]] } } as unknown as CompiledSchema;
    expect(checkDocument(schema, Buffer.from('1'))).toMatchObject([
      { keyword: 'SCHEMA_FAILED', message: expect.stringContaining('the validator failed with "') as string },
    ]);
  });

  it('and a document that nests 4,000 levels deep is decided by a schema that applies itself to the members', async () => {
    const deep = (end: string) => `${'{"a":'.repeat(4_000)}${end}${'}'.repeat(4_000)}`;
    const schema = { type: ['object', 'null'], properties: { a: { $ref: '#' } } };
    expect(await verdicts(schema, [deep('null'), deep('1')])).toBe('v-');
  });
});

describe('an issue names its place and says what is wrong', () => {
  it.each<[string, unknown, string, readonly (readonly [pointer: string, rule: string, message: string])[]]>([
    [
      'members that are missing',
      { required: ['a', 'b', 'c'] },
      '{"b":1}',
      [
        ['', 'required', '`a` is missing from the document.'],
        ['', 'required', '`c` is missing from the document.'],
      ],
    ],
    [
      'a member that the schema does not know',
      { properties: { a: { additionalProperties: false } } },
      '{"a":{"x/y":1}}',
      [['/a/x~1y', 'additionalProperties', '`a["x/y"]` is not a member this schema knows.']],
    ],
    ['a number', { items: { minimum: 3 } }, '[5,2.50]', [['/1', 'minimum', '`[1]` is 2.50; it must be at least 3.']]],
    [
      'a type',
      { properties: { a: { type: ['string', 'null'] } } },
      '{"a":[1]}',
      [['/a', 'type', '`a` is a list of 1; it must be a string or null.']],
    ],
    ['a value', { const: 'x' }, '"y"', [['', 'const', 'The document is "y"; it must be "x".']]],
    ['several values', { enum: ['x', 1] }, '"y"', [['', 'enum', 'The document is "y"; it must be "x" or 1.']]],
    [
      'a repeat',
      { uniqueItems: true },
      '[1,2,1.0]',
      [['', 'uniqueItems', 'The document holds the same element twice, at 0 and 2.']],
    ],
    [
      'a name',
      { propertyNames: { maxLength: 1 } },
      '{"ab":1}',
      [['', 'propertyNames', 'The document has a member `ab`, whose name the schema does not allow.']],
    ],
    [
      'too many',
      { contains: { const: 1 }, maxContains: 1 },
      '[1,1,2]',
      [['', 'maxContains', 'The document holds 2 elements of the kind the schema asks for; it may hold at most 1.']],
    ],
    [
      'too few',
      { contains: { const: 1 } },
      '[2]',
      [['', 'contains', 'The document must hold at least 1 element of the kind the schema asks for.']],
    ],
    [
      'what another member asks for',
      { dependentRequired: { a: ['b'] } },
      '{"a":1}',
      [['', 'dependentRequired', '`b` is missing from the document, where `a` asks for it.']],
    ],
    [
      'no branch',
      { anyOf: [{ type: 'string' }, { required: ['a'] }] },
      '{}',
      [['', 'anyOf', 'The document is an empty object; it must be what the rule `anyOf` of the schema asks for.']],
    ],
    [
      'rules behind a $ref, a condition and a branch, and a rule of the same value',
      { minProperties: 2, if: true, then: { $ref: '#/$defs/a' }, $defs: { a: { properties: { x: false } } } },
      '{"x":1}',
      [
        ['', 'minProperties', 'The document must have at least 2 members.'],
        ['/x', 'false schema', '`x` must not be here.'],
      ],
    ],
    [
      'a member with a name that is not well-formed text',
      { additionalProperties: { type: 'string' } },
      '{"\\ud800":1}',
      [['/\ud800', 'type', '`["\\ud800"]` is 1; it must be a string.']],
    ],
  ])('%s', async (_, schema, document, expected) => {
    const { issues } = await check(schema, [document]);
    expect(issues[0]!.map(({ pointer, rule, message }) => [pointer, rule, message])).toEqual(expected);
  });
});

describe('the report', () => {
  it('has nothing in it that a package prints while it checks a document', async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      const { issues, code } = await check({ format: 'idn-hostname' }, ['"xn--\\n::stop-commands::x"', '"xn--v"']);
      expect([code, issues.map(({ length }) => length)]).toEqual([1, [1, 1]]);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(write.mock.calls.map(([text]) => String(text)).join('')).not.toMatch(/stop-commands|xn--|Error/);
    } finally {
      write.mockRestore();
    }
  });
});

describe('schema diff --bags', () => {
  it(
    'takes a document that a schema does not decide neither for accepted nor for refused',
    { timeout: 120_000 },
    async () => {
      put('old.json', {});
      put('new.json', { properties: { a: { pattern: '^(a+)+$' } } });
      put('bags.json', { a: `${'a'.repeat(44)}!` });
      const { code, out } = await statebag(scratch.dir, [
        'schema',
        'diff',
        'old.json',
        'new.json',
        '--bags',
        'bags.json',
      ]);
      expect([code, out]).toEqual([1, expect.stringContaining('SCHEMA_TIMEOUT')]);
    },
  );
});
