import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { putFleet, smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

interface Issue {
  readonly pointer: string;
  readonly rule: string;
  readonly line: number;
  readonly column: number;
}

interface Verdicts {
  readonly totals: Record<string, number>;
  readonly documents: readonly {
    readonly id: string;
    readonly schemas: readonly string[];
    readonly valid: boolean;
    readonly issues: readonly Issue[];
  }[];
}

async function validate(
  args: readonly string[],
  stdin = '',
): Promise<{ readonly code: number; readonly verdicts: Verdicts }> {
  const { code, out } = await statebag(scratch.dir, ['validate', ...args, '--json'], { stdin });
  return { code, verdicts: JSON.parse(out) as Verdicts };
}

const put = (name: string, text: string) => {
  writeFileSync(join(scratch.dir, name), text);
};

function invalidRules({ documents }: Verdicts): readonly (readonly string[])[] {
  return documents.filter(({ valid }) => !valid).map(({ issues }) => issues.map(({ rule }) => rule));
}

describe('validate', () => {
  it('accepts a fat bag before and a lean bag after its migration, in its envelope', async () => {
    put('bag.json', `{"state_data":${smallBag()}}`);
    expect((await validate(['bag.json', '--schema', 'auto'])).verdicts.documents[0]).toMatchObject({
      schemas: ['state-bag.fat'],
      valid: true,
      issues: [],
    });
    await statebag(scratch.dir, ['migrate', 'bag.json', '--store', 'store', '--apply']);
    const { code, verdicts } = await validate(['bag.json', '--store', 'store']);
    expect(code).toBe(0);
    expect(verdicts.documents[0]).toMatchObject({ schemas: ['state-bag.v2'], valid: true });
    expect(verdicts.totals).toEqual({ documents: 1, valid: 1, invalid: 0 });
  });

  it('accepts every lean bag of a fleet, and the journal, the plan and the manifests that were written', async () => {
    putFleet(scratch.dir);
    await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--plan-out', 'plan.ndjson']);
    const { out } = await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--apply', '--json']);
    const lean = (JSON.parse(out) as { documents: { id: string; outcome: string }[] }).documents
      .filter(({ outcome }) => outcome === 'migrated')
      .map(({ id }) => id);
    // One bag of the fleet has a member of its user data twice, which migrate leaves as it is.
    const { verdicts: first } = await validate(lean);
    expect(invalidRules(first)).toEqual([['DUPLICATE_MEMBER']]);
    const { verdicts } = await validate([
      ...lean,
      'plan.ndjson',
      'statebag-journal',
      'store/local/workflow-manifests/**/segment_manifest.json',
      '--schema',
      'auto',
    ]);
    expect(invalidRules(verdicts)).toEqual([['DUPLICATE_MEMBER']]);
    expect(new Set(verdicts.documents.flatMap(({ schemas }) => schemas))).toEqual(
      new Set(['state-bag.v2', 'journal.v1', 'plan.v1', 'segment-manifest.v1']),
    );
  });

  it('points at the member that is wrong, by line and column', async () => {
    const bag = JSON.stringify({ ...(JSON.parse(smallBag()) as object), state_bag_version: 2, 값: '값' }, null, 2);
    put('bag.json', `{\n"state_data": ${bag}\n}`);
    const { code, verdicts } = await validate(['bag.json']);
    expect(code).toBe(1);
    const issue = verdicts.documents[0]!.issues.find(({ pointer }) => pointer === '/state_data/workflow_config');
    const line = `{\n"state_data": ${bag}`.split('\n').findIndex((text) => text.includes('"workflow_config"')) + 1;
    expect(issue).toMatchObject({
      rule: 'not',
      line,
      column: 3,
      message: expect.stringContaining('is inline') as string,
      hint: expect.stringContaining('statebag migrate') as string,
    });
  });

  it('counts columns in characters, and the line of NDJSON in its file', async () => {
    const text = '{"state_bag_version":2,"한글":"값","workflow_config":{}}';
    put('bags.ndjson', `${smallBag()}\n\n${text}\n`);
    const { verdicts } = await validate(['bags.ndjson', '--schema', 'auto']);
    expect(verdicts.documents.map(({ id, valid }) => [id, valid])).toEqual([
      ['bags.ndjson#L1', true],
      ['bags.ndjson#L3', false],
    ]);
    const issue = verdicts.documents[1]!.issues.find(({ pointer }) => pointer === '/workflow_config');
    expect(issue).toMatchObject({
      line: 3,
      column: Array.from(text.slice(0, text.indexOf('"workflow_config"'))).length + 1,
    });
  });

  it('names the string as the place of a bag that is text', async () => {
    put('bag.json', `{\n  "Payload": ${JSON.stringify('{"state_bag_version":2,"workflow_config":{}}')}}`);
    const { verdicts } = await validate(['bag.json']);
    expect(verdicts.documents[0]!.issues[0]).toMatchObject({ pointer: '/Payload/workflow_config', line: 2 });
  });

  it('tells people one line an issue, as compilers do', async () => {
    put('bag.json', '{"state_bag_version":2,\n "partition_map":[]}');
    const { code, out } = await statebag(scratch.dir, ['validate', 'bag.json']);
    expect(code).toBe(1);
    expect(out).toMatch(/^bag\.json:2:2 {2}\/partition_map {2}`partition_map` is inline; .* \(not\)$/m);
    expect(out).toMatch(/^1 documents, 0 valid, 1 invalid$/m);
  });

  it('takes what is no JSON for an invalid document, and says where', async () => {
    put('torn.json', '{\n  "a": tru }');
    const { code, verdicts } = await validate(['torn.json']);
    expect(code).toBe(1);
    expect(verdicts.documents[0]).toMatchObject({
      valid: false,
      schemas: [],
      issues: [{ rule: 'JSON_SYNTAX', line: 2, column: 8 }],
    });
  });

  it('does not let a document pass that no schema recognises', async () => {
    expect((await validate(['-', '--schema', 'auto'], '{"hello":1}')).verdicts.documents[0]).toMatchObject({
      valid: false,
      issues: [{ rule: 'SCHEMA_UNKNOWN', line: 1, column: 1 }],
    });
    expect((await validate(['-', '--schema', 'state-bag.v2'], '{"hello":1}')).code).toBe(1);
  });

  it('limits the bytes of bags, and those of other documents on request', async () => {
    put('bag.json', smallBag({ current_state: 'x'.repeat(300_000) }));
    put('other.json', JSON.stringify({ type: 's3_reference', s3_path: 's3://b/k', text: 'x'.repeat(300_000) }));
    expect((await validate(['bag.json', '--schema', 'fat'])).verdicts.documents[0]!.issues).toMatchObject([
      { rule: 'maxBytes' },
    ]);
    expect((await validate(['bag.json', '--schema', 'fat', '--max-bytes', '400000'])).code).toBe(0);
    expect((await validate(['other.json', '--schema', 'auto'])).code).toBe(0);
    expect(
      (await validate(['other.json', '--schema', 'auto', '--max-bytes', '262144'])).verdicts.documents[0]!.issues,
    ).toMatchObject([{ rule: 'maxBytes' }]);
    await statebag(scratch.dir, ['migrate', 'bag.json', '--store', 'store', '--apply']);
    expect((await validate(['bag.json'])).verdicts.documents[0]!.issues).toMatchObject([{ rule: 'maxBytes' }]);
  });

  it('follows pointers when it has a store', async () => {
    put('bag.json', smallBag());
    await statebag(scratch.dir, ['migrate', 'bag.json', '--store', 'store', '--apply']);
    const { verdicts } = await validate(['bag.json', '--store', 'elsewhere']);
    expect(verdicts.documents[0]!.issues.map(({ pointer, rule }) => [pointer, rule])).toEqual([
      ['/workflow_config_s3_path', 'POINTER_DANGLING'],
      ['/partition_map_s3_path', 'POINTER_DANGLING'],
      ['/segment_manifest_s3_path', 'POINTER_DANGLING'],
    ]);
  });

  it('takes a schema of the user by its path', async () => {
    mkdirSync(join(scratch.dir, 'schemas'));
    put(
      'schemas/mine.json',
      JSON.stringify({ type: 'object', required: ['name'], properties: { name: { type: 'string' } } }),
    );
    expect((await validate(['-', '--schema', 'schemas/mine.json'], '{"name":"a"}')).code).toBe(0);
    const { verdicts } = await validate(['-', '--schema', 'schemas/mine.json'], '{"name":\n7}');
    expect(verdicts.documents[0]).toMatchObject({
      schemas: ['schemas/mine.json'],
      issues: [{ pointer: '/name', rule: 'type', line: 1, column: 2 }],
    });
    put('schemas/mine.json', '{"type": "nonsense"}');
    const { code, err } = await statebag(scratch.dir, ['validate', '-', '--schema', 'schemas/mine.json'], {
      stdin: '{}',
    });
    expect([code, err]).toEqual([2, expect.stringContaining('SCHEMA_INVALID')]);
  });

  it('knows the numbers that only Python writes', async () => {
    const { verdicts } = await validate(
      ['-', '--schema', 'fat'],
      smallBag({ current_state: 'NAN' }).replace('"NAN"', '{"x":NaN,"y":[-Infinity,1.0]}'),
    );
    expect(verdicts.documents[0]).toMatchObject({ schemas: ['state-bag.fat'], valid: true });
  });
});
