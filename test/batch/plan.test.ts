import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { validateAgainst } from '../../src/bag/validate/validate-against.js';
import { nodeDisk } from '../../src/batch/disk.js';
import type { Disk } from '../../src/batch/disk.js';
import type { PlanDocument, PlanHeader } from '../../src/batch/plan-entry.js';
import { readPlan } from '../../src/batch/plan-read.js';
import type { Plan } from '../../src/batch/plan-read.js';
import { PlanWriter, planDocument } from '../../src/batch/plan-write.js';
import { codeOf } from '../store/outcomes.js';
import { bag, handful, HANDFUL_MIGRATED } from './bags.js';
import { isTemporaryName } from '../../src/batch/temporary-file.js';
import { EffectLog, loggedDisk } from './effects.js';
import { run } from './workbench.js';
import type { RunOptions } from './workbench.js';
import { digests, filesBelow, NOW, temporaryDirectory, World } from './world.js';

const HEADER: PlanHeader = {
  kind: 'plan',
  v: 1,
  at: NOW,
  tool: 't',
  target: 'lean',
  store: 's',
  bucket: 'b',
  prefix: '',
  sources: ['x'],
  options: {},
};

function documentOf(doc: string, more: Partial<PlanDocument> = {}): PlanDocument {
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

async function written(documents: readonly PlanDocument[], disk: Disk = nodeDisk): Promise<string> {
  const path = join(temporaryDirectory(), 'plan.ndjson');
  const writer = await PlanWriter.open(path, HEADER, disk);
  await Promise.all(documents.map((document) => writer.add(document)));
  await writer.seal();
  return path;
}

async function planFor(world: World): Promise<string> {
  const path = join(world.directory, 'plan.ndjson');
  const writer = await PlanWriter.open(path, HEADER, nodeDisk);
  await run(
    world,
    {},
    { apply: false, concurrency: 4, onOutcome: (outcome, settled) => writer.add(planDocument(outcome, settled)) },
  );
  await writer.seal();
  return path;
}

function following({ documents }: Plan): RunOptions {
  return { only: new Set(documents.keys()), expectations: documents };
}

it('is read as it was written', async () => {
  const documents = [documentOf('a'), documentOf('b', { outcome: 'quarantined', code: 'X', reason: 'why' })];
  const plan = await readPlan(await written(documents));
  expect(plan.header).toEqual(HEADER);
  expect([...plan.documents.values()]).toEqual(documents);
});

it('shows nothing under its name before it is sealed', async () => {
  const directory = temporaryDirectory();
  const writer = await PlanWriter.open(join(directory, 'plan.ndjson'), HEADER, nodeDisk);
  await writer.add(documentOf('a'));
  expect(filesBelow(directory).map(isTemporaryName)).toEqual([true]);
  await writer.seal();
  expect(filesBelow(directory)).toEqual(['plan.ndjson']);
});

it('keeps its lines in order when many containers add at once and the disk takes its time', async () => {
  let writes = 0;
  const slow: Disk = {
    ...nodeDisk,
    openForWrite: async (path) => {
      const file = await nodeDisk.openForWrite(path);
      const write = async (bytes: Uint8Array) => {
        await sleep(writes++ === 0 ? 30 : 1);
        await file.write(bytes);
      };
      return { ...file, write };
    },
  };
  const documents = Array.from({ length: 40 }, (_, index) => documentOf(`d${index}`, { reason: 'r'.repeat(100_000) }));
  const plan = await readPlan(await written(documents, slow));
  expect(writes).toBeGreaterThan(2);
  expect([...plan.documents.keys()]).toEqual(documents.map(({ doc }) => doc));
});

it('takes a document that two sources name for one entry', async () => {
  const plan = await readPlan(await written([documentOf('a'), documentOf('a')]));
  expect(plan.documents.size).toBe(1);
});

it.each<[string, (text: string) => string]>([
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
  ['it goes on behind the seal', (text) => `${text}${JSON.stringify(documentOf('new'))}\n`],
  ['it was never finished', (text) => text.slice(0, text.indexOf('{"kind":"seal"'))],
])('is refused when %s', async (_, edit) => {
  const path = await written([documentOf('a'), documentOf('b'), documentOf('c')]);
  writeFileSync(path, edit(readFileSync(path, 'utf8')));
  expect(await codeOf(readPlan(path))).toBe('PLAN_BROKEN');
});

it('is refused when it has another version, even under a good seal', async () => {
  const body = `${JSON.stringify({ ...HEADER, v: 2 })}\n`;
  const seal = { kind: 'seal', documents: 0, sha256: createHash('sha256').update(body).digest('hex') };
  const path = join(temporaryDirectory(), 'plan');
  writeFileSync(path, `${body}${JSON.stringify(seal)}\n`);
  expect(await codeOf(readPlan(path))).toBe('PLAN_VERSION');
});

it.each([
  ['no JSON', 'hello\n', 'PLAN_INVALID'],
  ['a line of another kind', '{"kind":"run"}\n', 'PLAN_INVALID'],
  ['null', 'null\n', 'PLAN_INVALID'],
  ['nothing', '', 'PLAN_BROKEN'],
])('is no plan with %s', async (_, text, code) => {
  const path = join(temporaryDirectory(), 'plan');
  writeFileSync(path, text);
  expect(await codeOf(readPlan(path))).toBe(code);
});

it('is no plan when there is none', async () => {
  expect(await codeOf(readPlan(join(temporaryDirectory(), 'nowhere')))).toBe('PLAN_INVALID');
});

it('is done to the letter', async () => {
  const world = await World.with({ ...handful(), 'bad.json': Buffer.from('{') });
  const path = await planFor(world);
  for (const line of readFileSync(path, 'utf8').trim().split('\n'))
    expect(validateAgainst('plan.v1', JSON.parse(line)), line).toEqual([]);
  const plan = await readPlan(path);
  const { totals, outcomes } = await run(world, {}, following(plan));
  expect(totals).toMatchObject({
    migrated: HANDFUL_MIGRATED,
    quarantined: 1,
    failed: 0,
    documents: plan.documents.size,
  });
  expect(Object.fromEntries(outcomes.map(({ id, outcome }) => [id, outcome]))).toEqual(
    Object.fromEntries(Array.from(plan.documents.values(), ({ doc, outcome }) => [doc, outcome])),
  );
});

it('leaves a document alone that moved since, and one that is new', async () => {
  const world = await World.with({ 'a.json': bag(1), 'b.json': bag(2) });
  const plan = await readPlan(await planFor(world));
  await world.write('b.json', bag(3));
  await world.write('new.json', bag(4));
  const before = digests(await world.documents());
  const { outcomes } = await run(world, {}, following(plan));
  expect(outcomes.map(({ outcome, code }) => code ?? outcome)).toEqual(['migrated', 'PLAN_DOCUMENT_MOVED']);
  const after = digests(await world.documents());
  expect(Object.keys(before).filter((name) => before[name] !== after[name])).toEqual(['a.json']);
});

it('is not followed when it would make something else of a document', async () => {
  const world = await World.with({ 'a.json': bag(1) });
  const plan = await readPlan(await planFor(world));
  const before = digests(await world.documents());
  const { outcomes } = await run(world, {}, { ...following(plan), target: 'bridge' });
  expect(outcomes[0]).toMatchObject({ outcome: 'failed', code: 'PLAN_DIFFERS' });
  expect(digests(await world.documents())).toEqual(before);
});

it.each(['write', 'sync', 'rename'] as const)('is not there when the disk fails to %s', async (kind) => {
  const directory = temporaryDirectory();
  const disk = loggedDisk(new EffectLog(undefined, (effect) => (effect.kind === kind ? 'ENOSPC' : undefined)));
  const make = async () => {
    const writer = await PlanWriter.open(join(directory, 'plan.ndjson'), HEADER, disk);
    await writer.seal();
  };
  expect(await codeOf(make())).toBe('DISK_FULL');
  expect(filesBelow(directory)).not.toContain('plan.ndjson');
});
