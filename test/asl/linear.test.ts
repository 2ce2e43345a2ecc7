import { describe, expect, it } from 'vitest';
import { checkAll } from './commands.js';

type Json = Readonly<Record<string, unknown>>;

/** Each of these took more than that when the time grew with the square of the size. */
const MAX_CPU_SECONDS = 20;

/** A field and its owner, out of a bag. */
function fieldIn(bag: string): Json {
  return { 'workflow_config.$': `$.${bag}.workflow_config`, 'ownerId.$': `$.${bag}.ownerId` };
}

/** States in a row. */
function chain(count: number, stateAt: (index: number) => Json): readonly (readonly [string, Json])[] {
  return Array.from({ length: count }, (_, index) => [
    `S${index}`,
    { ...stateAt(index), ...(index === count - 1 ? { End: true } : { Next: `S${index + 1}` }) },
  ]);
}

function newNames(index: number): Json {
  return { Type: 'Pass', Parameters: { [`b${index + 1}`]: fieldIn(`b${index}`) } };
}

function taskWith(payload: Json): Json {
  return { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Parameters: payload };
}

function branches(count: number): Json {
  const branch = { StartAt: 'T', States: { T: { ...taskWith(fieldIn('bag')), End: true } } };
  return { P: { Type: 'Parallel', Branches: Array.from({ length: count }, () => branch), End: true } };
}

function objectsIn(count: number): string {
  const object = "{'workflow_config': $states.input.bag.workflow_config, 'ownerId': $states.input.bag.ownerId}";
  return `{% {${Array.from({ length: count }, (_, index) => `'a${index}': ${object}`).join()}} %}`;
}

/** Findings of a rule in a machine, and the seconds of computing it took to find them. */
async function check(startAt: string, states: Json, rule: string): Promise<readonly [number, number]> {
  const file = 'm.asl.json';
  const before = process.cpuUsage();
  const found = await checkAll({ [file]: JSON.stringify({ StartAt: startAt, States: states }) });
  const { user, system } = process.cpuUsage(before);
  return [found.get(file)!.filter((finding) => finding.rule === rule).length, (user + system) / 1e6];
}

describe('asl check takes time in proportion to', { timeout: 180_000 }, () => {
  it.each<readonly [string, number, string, string, Json]>([
    ['states in a row with new names', 4000, 'asl/reinlines-program', 'S0', Object.fromEntries(chain(4000, newNames))],
    [
      'states in a row that are written last one first',
      4000,
      'asl/reinlines-program',
      'S0',
      Object.fromEntries([...chain(4000, newNames)].reverse()),
    ],
    [
      'tasks that each pass the field of a bag of their own',
      4000,
      'asl/passes-program',
      'S0',
      Object.fromEntries(chain(4000, (index) => taskWith(fieldIn(`b${index}`)))),
    ],
    ['branches of one Parallel state', 2000, 'asl/passes-program', 'P', branches(2000)],
    [
      'objects that one JSONata expression builds',
      1200,
      'asl/reinlines-program',
      'T',
      { T: { Type: 'Pass', QueryLanguage: 'JSONata', Output: objectsIn(1200), End: true } },
    ],
  ])('the number of %s: %i', async (_, count, rule, startAt, states) => {
    const [found, seconds] = await check(startAt, states, rule);
    expect(found).toBe(count);
    expect(seconds).toBeLessThan(MAX_CPU_SECONDS);
  });

  it('nothing but what it looks at when states take from each other without an end', async () => {
    const states = chain(300, (index) =>
      index % 2 === 0
        ? { ...taskWith(fieldIn(`bag.q${index}`)), ResultPath: `$.r${index}` }
        : { Type: 'Pass', Parameters: { 'bag.$': `$.b${index}.c`, 'a.$': '$.bag.a' } },
    );
    const [found, seconds] = await check('S0', Object.fromEntries(states), 'asl/passes-program');
    expect(found).toBe(150);
    expect(seconds).toBeLessThan(MAX_CPU_SECONDS);
  });

  it('nothing but what it looks at when each second state takes a part of all there is', async () => {
    const states = chain(70, (index) =>
      index % 2 === 0
        ? { ...taskWith(fieldIn(`q${index}`)), ResultPath: `$.r${index}` }
        : { Type: 'Pass', OutputPath: `$.a${index}` },
    );
    const [found, seconds] = await check('S0', Object.fromEntries(states), 'asl/passes-program');
    expect(found).toBe(35);
    expect(seconds).toBeLessThan(MAX_CPU_SECONDS);
  });
});
