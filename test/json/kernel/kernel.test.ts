import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BagError } from 'statebag-shim';
import { EVERYTHING, LEAF, scanJson, type JsonNode, type Shape } from '../../../src/json/index.js';
import { SOURCE_SHA256 } from '../../../src/json/kernel/code.js';
import { kernelHolding, ScanKernel } from '../../../src/json/kernel/kernel.js';
import { TextWalk } from '../../../src/json/tokens.js';
import { documentText, thrownBy, utf8 } from '../json-text.js';

const kernel = ScanKernel.create()!;

/** What the kernel says of the value at the beginning, and what the implementation without it says. */
function both(bytes: Uint8Array, maxDepth = 64): readonly [kernel: number, other: number] {
  kernel.load(bytes);
  try {
    return [kernel.value(0, maxDepth), new TextWalk(bytes, maxDepth).skipValue(0, 0)];
  } catch (error) {
    if (!(error instanceof BagError)) throw error;
    return [kernel.value(0, maxDepth), -1];
  }
}

function agree(text: string | Uint8Array, maxDepth?: number): void {
  const bytes = typeof text === 'string' ? utf8(text) : text;
  const [found, expected] = both(bytes, maxDepth);
  expect(found, JSON.stringify(Buffer.from(bytes).toString('latin1'))).toBe(expected);
}

/** White space behind a document, enough to have it taken to the kernel. */
const WIDE = ' '.repeat(4096);

it('is assembled from the source that lies beside it', () => {
  const source = readFileSync(new URL('../../../src/json/kernel/scan.wat', import.meta.url));
  expect(createHash('sha256').update(source).digest('hex'), 'run: npm run kernel').toBe(SOURCE_SHA256);
});

describe('the kernel passes over a value like the implementation in TypeScript', () => {
  it('in documents of every form, damaged or not', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 2 });
    fc.assert(
      fc.property(documentText, damage, fc.integer({ min: 0, max: 6 }), (text, changes, maxDepth) => {
        const bytes = utf8(text);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        agree(bytes, maxDepth);
      }),
      { numRuns: 2000 },
    );
  });

  it('with a quote, a backslash, a control character or a longer character at every place of a string', () => {
    for (const stop of [
      '"',
      '\\n',
      '\\',
      '\\u00e9',
      '\\u00g9',
      '\\u00e',
      '\\x',
      '\n',
      '\u001f',
      '\u0000',
      '\u007f',
      'é',
      '한',
      '😀',
      '\\ud83d\\ude00',
    ]) {
      for (let length = 0; length < 40; length++) agree(`["${'x'.repeat(length)}${stop}yz"]`);
    }
  });

  it('with every byte behind a backslash', () => {
    for (let byte = 0; byte < 256; byte++) agree(Uint8Array.of(0x22, 0x5c, byte, 0x61, 0x62, 0x63, 0x64, 0x22));
  });

  it('with every byte as a hexadecimal digit, in the first and in the second of two escapes', () => {
    for (let byte = 0; byte < 256; byte++) {
      for (const place of [3, 6, 9, 12]) {
        const bytes = utf8('"\\u00e9\\uABCD"');
        bytes[place] = byte;
        agree(bytes);
      }
    }
  });

  it('with runs of escapes of every length', () => {
    for (let count = 0; count < 9; count++) {
      for (const end of ['', ' ', 'x', '\\n', '\\"', '\\u12', '\\u123g']) agree(`"${'\\ud55c'.repeat(count)}${end}"`);
    }
  });

  it.each([
    '0',
    '-0',
    '01',
    '-',
    '-x',
    '1.',
    '.5',
    '1.5e',
    '1e+',
    '1E-07',
    '1e5x',
    '123456789012345678901234567890',
    '+1',
    '--1',
  ])('the number %s', (text) => {
    for (const around of [text, `[${text}]`, `{"a":${text}}`, `${text},`]) agree(around);
  });

  it.each([
    'true',
    'false',
    'null',
    'NaN',
    'Infinity',
    '-Infinity',
    'tru',
    'fals',
    'falsy',
    'nul',
    'Na',
    'Infinit',
    '-Inf',
    '-true',
    '-NaN',
    'nulll',
    'True',
  ])('the word %s', (text) => {
    for (const around of [text, `[${text}]`, `{"a":${text}}`, `[${text},1]`]) agree(around);
  });

  it('with white space of every kind and length around each token', () => {
    for (const space of [
      ' ',
      '\t',
      '\n',
      '\r',
      '  \n',
      ' '.repeat(7),
      ' '.repeat(8),
      ' '.repeat(23),
      `\r\n${' '.repeat(17)}\t`,
      '\u00a0',
      '\v',
    ]) {
      agree(['', '{', '"a"', ':', '[', '1', ',', '"b"', ']', ',', '"c"', ':', '{', '}', '}'].join(space));
    }
  });

  it('to the deepest level and no deeper', () => {
    const nested = (depth: number) => '[{"a":'.repeat(depth / 2) + '[]' + '}]'.repeat(depth / 2);
    for (const maxDepth of [0, 1, 8, 9, 10, 11]) for (const depth of [0, 2, 8, 10]) agree(nested(depth), maxDepth);
  });

  it('where the text ends within a token, whatever a longer document has left behind it', () => {
    const text = '{"name":["text \\u00e9\\n",-1.5e7,true,null,{"a":{}}]}';
    for (let length = 1; length < text.length; length++) {
      kernel.load(utf8(`${text}"""]]}}${text}`));
      agree(text.slice(0, length));
    }
  });
});

describe('a scan with the kernel and one without', () => {
  const shapes: readonly Shape[] = [
    LEAF,
    { anyMember: LEAF },
    { items: { anyMember: LEAF }, anyMember: { anyMember: LEAF } },
    EVERYTHING,
  ];

  /** The outermost value, or the code of the refusal with its place. */
  function outcomeOf(text: string, shape: Shape): JsonNode | string {
    try {
      return plain(scanJson(utf8(text), shape));
    } catch (error) {
      if (!(error instanceof BagError)) throw error;
      return `${error.code} at ${Math.min(Number(error.context.offset), text.trimEnd().length)}`;
    }
  }

  /** Members that are made on demand as members that lie there. */
  function plain({ kind, start, end, members, items }: JsonNode): JsonNode {
    return {
      kind,
      start,
      end,
      ...(members && { members: members.map((member) => ({ ...member, value: plain(member.value) })) }),
      ...(items && { items: items.map(plain) }),
    };
  }

  it('record the same and refuse at the same place', () => {
    const cut = fc.record({ at: fc.nat(), length: fc.nat({ max: 2 }) });
    fc.assert(
      fc.property(documentText, fc.option(cut), fc.constantFrom(...shapes), (text, change, shape) => {
        const place = change ? change.at % text.length : text.length;
        const changed = text.slice(0, place) + text.slice(place + (change?.length ?? 0));
        fc.pre(changed.trim() !== '' && /^[\x20-\x7e\s]*$/.test(changed));
        expect(outcomeOf(changed + WIDE, shape)).toEqual(outcomeOf(changed, shape));
      }),
      { numRuns: 1500 },
    );
  });

  it('name the same line and column', () => {
    const broken = `{"a": 1,\n  "b": [1, 2,, 3]}${WIDE}`;
    expect(thrownBy(() => scanJson(utf8(broken)))).toMatchObject({
      code: 'JSON_SYNTAX',
      context: { line: 2, column: 14 },
    });
  });

  it('take what is too deep for the kernel when the caller allows it', () => {
    const depth = 70_000;
    const bytes = utf8('['.repeat(depth) + ']'.repeat(depth));
    expect(scanJson(bytes, LEAF, { maxDepth: depth })).toMatchObject({ kind: 'array', end: bytes.length });
    expect(thrownBy(() => scanJson(bytes, LEAF, { maxDepth: depth - 1 }))).toMatchObject({ code: 'JSON_TOO_DEEP' });
  });

  it('take an object of more members than the kernel writes down', () => {
    for (const count of [4_094, 4_095, 4_096, 9_000]) {
      const text = JSON.stringify(
        Object.fromEntries(Array.from({ length: count }, (_, index) => [`name ${index}`, index])),
      );
      const { members } = scanJson(utf8(text), { anyMember: LEAF });
      expect(members).toHaveLength(count);
      expect(members!.at(-1)).toMatchObject({ name: `name ${count - 1}`, value: { kind: 'number' } });
    }
  });
});

describe('kernelHolding', () => {
  it('leaves the shortest and the longest documents to the other implementation', () => {
    expect(kernelHolding(new Uint8Array(4_095))).toBeUndefined();
    expect(kernelHolding(new Uint8Array(4_096))).toBeInstanceOf(ScanKernel);
    expect(kernelHolding(new Uint8Array(8 * 1024 * 1024))).toBeInstanceOf(ScanKernel);
    expect(kernelHolding(new Uint8Array(8 * 1024 * 1024 + 1))).toBeUndefined();
  });
});
