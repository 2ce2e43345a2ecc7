import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { faultyDisk } from '../fakes/faulty-disk.js';
import { isTemporaryName } from '../locks/owners.js';
import { bag, handful, HANDFUL_MIGRATED } from './bags.js';
import { CommandWorld, codeOf, run } from './command-world.js';
import { schemaErrors } from './published-schema.js';
import { digests, filesBelow, NOW, sha256 } from './scratch.js';

type Line = Readonly<Record<string, unknown>>;

const PLAN = ['--plan', 'plan.ndjson'];

function headerOf({ directory }: CommandWorld): Line {
  return {
    kind: 'plan',
    v: 1,
    at: NOW,
    tool: 't',
    target: 'lean',
    store: join(directory, 'store'),
    bucket: 'blobs',
    prefix: '',
    sources: ['source'],
    options: {},
  };
}

function documentOf(doc: string, more: Line = {}): Line {
  return {
    kind: 'document',
    doc,
    container: doc,
    generation: 'fat',
    outcome: 'migrated',
    before: 'a'.repeat(64),
    after: 'b'.repeat(64),
    bytesBefore: 2,
    bytesAfter: 1,
    blobs: [],
    ...more,
  };
}

/** A plan as text, with a seal over what is before it. */
function sealed(...lines: readonly Line[]): string {
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const seal = { kind: 'seal', documents: lines.length - 1, sha256: createHash('sha256').update(body).digest('hex') };
  return `${body}${JSON.stringify(seal)}\n`;
}

function planOf({ directory }: CommandWorld): readonly Line[] {
  return readFileSync(join(directory, 'plan.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

/** A dry run that writes a plan. */
function makePlan(world: CommandWorld, concurrency = 4): ReturnType<typeof run> {
  return run(world, { apply: false, concurrency, args: ['--plan-out', 'plan.ndjson'] });
}

async function oneBag(): Promise<CommandWorld> {
  return CommandWorld.with({ 'a.json': bag(1) });
}

/** The code with which a plan of this text is refused. */
async function codeWith(world: CommandWorld, text: string): Promise<string> {
  writeFileSync(join(world.directory, 'plan.ndjson'), text);
  return codeOf(run(world, { apply: false, args: PLAN }));
}

it('a plan has a header, one line for each document and a seal over both', async () => {
  const world = await CommandWorld.with({ 'a.json': bag(1), 'b.json': Buffer.from('{') });
  await makePlan(world, 1);
  const [header, ...lines] = planOf(world);
  const text = readFileSync(join(world.directory, 'plan.ndjson'), 'utf8');
  expect(header).toMatchObject({
    kind: 'plan',
    v: 1,
    at: '2026-02-01T08:00:00.000Z',
    target: 'lean',
    store: join(world.directory, 'store'),
    bucket: 'blobs',
    prefix: '',
    sources: [world.source],
  });
  expect(lines).toMatchObject([
    {
      kind: 'document',
      doc: join(world.source, 'a.json'),
      container: join(world.source, 'a.json'),
      generation: 'fat',
      outcome: 'migrated',
      before: sha256(bag(1)),
      bytesBefore: bag(1).length,
    },
    { kind: 'document', doc: join(world.source, 'b.json'), outcome: 'quarantined', code: 'JSON_SYNTAX' },
    { kind: 'seal', documents: 2, sha256: sha256(Buffer.from(text.slice(0, text.indexOf('{"kind":"seal"')))) },
  ]);
  await run(world, { args: PLAN });
  expect(sha256(world.read('a.json'))).toBe(lines[0]!.after);
});

it('a plan has its name only after it is sealed', async () => {
  const world = await oneBag();
  const names: string[][] = [];
  faultyDisk(world.directory, ({ kind }) => {
    if (kind === 'rename') names.push(filesBelow(world.directory));
    return undefined;
  });
  await makePlan(world);
  const [own] = names;
  expect(own!.filter(isTemporaryName)).toHaveLength(1);
  expect(own).not.toContain('plan.ndjson');
  expect(filesBelow(world.directory)).toEqual(['plan.ndjson', 'source/a.json']);
});

it('a plan keeps its lines whole and in order when the disk is slow', async () => {
  // Long names make long lines: the plan is written in pieces of about a megabyte.
  const deep = `${'d'.repeat(200)}/`.repeat(12);
  const lines = Buffer.from(Array.from({ length: 40 }, (_, at) => `{"n":${at}}\n`).join(''));
  const names = Array.from({ length: 16 }, (_, at) => `${deep}${String(at).padStart(2, '0')}.ndjson`);
  const world = await CommandWorld.with(Object.fromEntries(names.map((name) => [name, lines])));
  let writes = 0;
  faultyDisk(world.directory, async ({ kind }) => {
    if (kind === 'write') await sleep(writes++ === 0 ? 30 : 1);
    return undefined;
  });
  await makePlan(world, 8);
  expect(writes).toBeGreaterThan(2);
  const planned = planOf(world).flatMap(({ kind, doc }) => (kind === 'document' ? [String(doc)] : []));
  for (const name of names) {
    const path = join(world.source, name);
    const own = planned.filter((doc) => doc.startsWith(path)).map((doc) => doc.slice(path.length));
    expect(own).toEqual(Array.from({ length: 40 }, (_, at) => `#L${at + 1}`));
  }
  expect(planned).toHaveLength(640);
});

it('a document that two sources name is planned and migrated once', async () => {
  const world = await oneBag();
  const sources = ['source', 'source/a.json'];
  await run(world, { apply: false, sources, args: ['--plan-out', 'plan.ndjson'] });
  const { totals } = await run(world, { sources, args: PLAN });
  expect(totals).toMatchObject({ migrated: 1, failed: 0 });
});

it.each<[string, (text: string, world: CommandWorld) => string]>([
  ['a digit is changed', (text) => text.replace('"bytesBefore":2', '"bytesBefore":3')],
  ['a document is taken out', (text) => text.split('\n').toSpliced(1, 1).join('\n')],
  [
    'a document is put in',
    (text) =>
      text
        .split('\n')
        .toSpliced(1, 0, JSON.stringify(documentOf('new')))
        .join('\n'),
  ],
  [
    'two documents change places',
    (text) =>
      text
        .split('\n')
        .map((line, at, all) => (at === 1 ? all[2] : at === 2 ? all[1] : line))
        .join('\n'),
  ],
  ['the seal is cut off', (text) => text.split('\n').slice(0, -2).join('\n')],
  ['the number of documents in its seal is changed', (text) => text.replace('"documents":3', '"documents":4')],
  ['it goes on after the seal', (text) => `${text}${JSON.stringify(documentOf('new'))}\n`],
  ['it was never finished', (text) => text.slice(0, text.indexOf('{"kind":"seal"'))],
])('a plan is refused when %s', async (_, edit) => {
  const world = await oneBag();
  const text = sealed(headerOf(world), documentOf('a'), documentOf('b'), documentOf('c'));
  expect(await codeWith(world, edit(text, world))).toBe('PLAN_BROKEN');
  expect(await codeWith(world, text)).toBe('done');
});

it('a plan of another version is refused, even under a good seal', async () => {
  const world = await oneBag();
  expect(await codeWith(world, sealed({ ...headerOf(world), v: 2 }))).toBe('PLAN_VERSION');
});

it.each([
  ['no JSON', 'hello\n', 'PLAN_INVALID'],
  ['a line of another kind', '{"kind":"run"}\n', 'PLAN_INVALID'],
  ['null', 'null\n', 'PLAN_INVALID'],
  ['nothing', '', 'PLAN_BROKEN'],
])('a file with %s is not a plan', async (_, text, code) => {
  expect(await codeWith(await oneBag(), text)).toBe(code);
});

it('a plan that does not exist is refused', async () => {
  expect(await codeOf(run(await oneBag(), { args: ['--plan', 'nowhere'] }))).toBe('PLAN_INVALID');
});

it('migrate --plan does what the plan says, document by document', async () => {
  const world = await CommandWorld.with({ ...handful(), 'bad.json': Buffer.from('{') });
  await makePlan(world);
  const lines = planOf(world);
  for (const line of lines) expect(schemaErrors('plan.v1', line), JSON.stringify(line)).toEqual([]);
  const planned = lines.filter(({ kind }) => kind === 'document');
  const { totals, outcomes } = await run(world, { args: PLAN });
  expect(totals).toMatchObject({ migrated: HANDFUL_MIGRATED, quarantined: 1, failed: 0, documents: 12 });
  expect(Object.fromEntries(outcomes.map(({ id, outcome }) => [id, outcome]))).toEqual(
    Object.fromEntries(planned.map(({ doc, outcome }) => [doc, outcome])),
  );
});

it('migrate --plan leaves a document that changed since, and a document that is new', async () => {
  const world = await CommandWorld.with({ 'a.json': bag(1), 'b.json': bag(2) });
  await makePlan(world);
  await world.write('b.json', bag(3));
  await world.write('new.json', bag(4));
  const before = digests(await world.documents());
  const { outcomes } = await run(world, { args: PLAN });
  expect(outcomes.map(({ outcome, code }) => code ?? outcome)).toEqual(['migrated', 'PLAN_DOCUMENT_MOVED']);
  const after = digests(await world.documents());
  expect(Object.keys(before).filter((name) => before[name] !== after[name])).toEqual(['a.json']);
});

it('migrate --plan refuses a document that would not become what the plan says', async () => {
  const world = await oneBag();
  await makePlan(world);
  const [header, document] = planOf(world);
  writeFileSync(join(world.directory, 'plan.ndjson'), sealed(header!, { ...document, after: 'b'.repeat(64) }));
  const before = digests(await world.documents());
  const { outcomes } = await run(world, { args: PLAN });
  expect(outcomes[0]).toMatchObject({ outcome: 'failed', code: 'PLAN_DIFFERS' });
  expect(digests(await world.documents())).toEqual(before);
});

it.each(['write', 'sync', 'rename'] as const)('a plan is not there when the disk fails to %s', async (kind) => {
  const world = await oneBag();
  faultyDisk(world.directory, (call) => (call.kind === kind ? 'ENOSPC' : undefined));
  expect(await codeOf(makePlan(world))).toBe('DISK_FULL');
  expect(filesBelow(world.directory)).not.toContain('plan.ndjson');
});
