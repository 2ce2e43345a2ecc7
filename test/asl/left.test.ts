import { describe, expect, it } from 'vitest';
import { patchDefinition } from './commands.js';
import { machineText, taskWith } from './machines.js';

type Json = Readonly<Record<string, unknown>>;

const OWNER = { 'ownerId.$': '$.bag.ownerId' };
const RUN = taskWith({ 'workflow_config.$': '$.bag.workflow_config', ...OWNER, 'segment_to_run.$': '$.bag.n' });

/** Level and rule of what is left, and the states that a patch changed. */
async function patchStates(states: Json, more: Json = {}) {
  const { patched, findings } = await patchDefinition(machineText(states, more), 'machine.json');
  const { States: after } = JSON.parse(patched.toString()) as { readonly States: Json };
  return {
    left: findings.map(({ level, rule, pointer }) => `${level} ${rule} ${pointer}`),
    changed: Object.keys(after).filter((name) => JSON.stringify(after[name]) !== JSON.stringify(states[name])),
  };
}

describe('a condition that tells fat bags from lean ones is left to a person', () => {
  const present = (Variable: string, IsPresent: boolean) => ({ Variable, IsPresent });
  const choose = (...rules: readonly Json[]) => ({
    Choose: { Type: 'Choice', Choices: rules, Default: 'Lean' },
    Fat: { Type: 'Succeed' },
    Lean: { Type: 'Succeed' },
  });

  it('where another rule asks for the path', async () => {
    const fat = { ...present('$.bag.workflow_config', true), Next: 'Fat' };
    const lean = { ...present('$.bag.segment_manifest_s3_path', true), Next: 'Lean' };
    expect(await patchStates(choose(fat, lean))).toEqual({
      left: ['error asl/reads-program /States/Choose/Choices/0/Variable'],
      changed: [],
    });
    expect((await patchStates(choose(fat))).changed).toEqual(['Choose']);
  });

  it('where the same rule asks for the path', async () => {
    const both = [present('$.bag.partition_map', true), present('$.bag.partition_map_s3_path', false)];
    expect((await patchStates(choose({ And: both, Next: 'Fat' }))).changed).toEqual([]);
  });

  it('where the same expression asks for the path', async () => {
    const bag = '$states.input.bag';
    const Condition = `{% $exists(${bag}.workflow_config) or $exists(${bag}.segment_manifest_s3_path) %}`;
    const states = choose({ Condition, Next: 'Fat' });
    expect((await patchStates(states, { QueryLanguage: 'JSONata' })).changed).toEqual([]);
  });

  it('where an expression of a task asks for the path', async () => {
    const asks = (more: string) => ({
      Run: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: { FunctionName: 'f' },
        TimeoutSeconds: `{% $exists($states.input.bag.workflow_config)${more} ? 60 : 90 %}`,
        End: true,
      },
    });
    const lean = ' or $exists($states.input.bag.segment_manifest_s3_path)';
    expect((await patchStates(asks(lean), { QueryLanguage: 'JSONata' })).changed).toEqual([]);
    expect((await patchStates(asks(''), { QueryLanguage: 'JSONata' })).changed).toEqual(['Run']);
  });
});

describe('what comes before the initialiser has the input of the execution, which has no path', () => {
  const init = { ResultPath: '$.bag', Next: 'Run', End: undefined };
  const initialise = (payload: unknown) => ({ ...taskWith(payload as Json), ...init });

  it.each<[string, unknown]>([
    ['the field', { 'workflow_config.$': '$.workflow_config' }],
    ['the whole input', { 'input.$': '$' }],
  ])('a Choice is left, with a note, where the initialiser gets %s', async (_, payload) => {
    const rule = { Variable: '$.workflow_config', IsPresent: true, Next: 'InitializeStateBag' };
    const { left, changed } = await patchStates({
      HasConfig: { Type: 'Choice', Choices: [rule], Default: 'None' },
      None: { Type: 'Fail' },
      InitializeStateBag: initialise(payload),
      Run: RUN,
    });
    expect(left[0]).toBe('note asl/initialiser /States/HasConfig/Choices/0/Variable');
    expect(changed).toEqual(['Run']);
  });

  it('a Pass state is left, with a note', async () => {
    const { left, changed } = await patchStates({
      Move: {
        Type: 'Pass',
        Parameters: { input: { 'workflow_config.$': '$.workflow_config' } },
        Next: 'InitializeStateBag',
      },
      InitializeStateBag: initialise({ 'input.$': '$.input' }),
      Run: RUN,
    });
    expect(left).toEqual(['note asl/initialiser /States/Move/Parameters/input/workflow_config.$']);
    expect(changed).toEqual(['Run']);
  });

  it('but not what comes after an initialiser, in a loop back to it', async () => {
    const rule = { Variable: '$.workflow_config', IsPresent: true, Next: 'Init' };
    const { left, changed } = await patchStates({
      Init: { ...initialise({ 'workflow_config.$': '$.workflow_config' }), ResultPath: '$', Next: 'Again' },
      Again: { Type: 'Choice', Choices: [rule], Default: 'Done' },
      Done: { Type: 'Succeed' },
    });
    expect(left).toEqual(['note asl/initialiser /States/Init/Parameters/Payload/workflow_config.$']);
    expect(changed).toEqual(['Again']);
  });
});

describe('a value is left together with the state that reads it', () => {
  it('where that state is left, since each item would get the index of the bag', async () => {
    const give = { w: { 'workflow_config.$': '$.bag.workflow_config', ...OWNER } };
    const map = (payload: Json) => ({
      Each: {
        Type: 'Map',
        ItemsPath: '$.things',
        ItemSelector: { 'bag.$': '$.bag' },
        ItemProcessor: {
          StartAt: 'Give',
          States: { Give: { Type: 'Pass', Parameters: give, Next: 'Run' }, Run: taskWith(payload) },
        },
        End: true,
      },
    });
    const payload = { 'workflow_config.$': '$.w.workflow_config', 'ownerId.$': '$.w.ownerId' };
    expect(await patchStates(map(payload))).toEqual({
      left: [
        'warning asl/whole-bag /States/Each/ItemSelector/bag.$',
        'error asl/reinlines-program /States/Each/ItemProcessor/States/Give/Parameters/w/workflow_config.$',
        'error asl/passes-program /States/Each/ItemProcessor/States/Run/Parameters/Payload/workflow_config.$',
      ],
      changed: [],
    });
    expect((await patchStates(map({ ...payload, segment_index: 0 }))).changed).toEqual(['Each']);
  });

  it('where a Map gives it to its items, and the state that reads it there names no owner', async () => {
    const map = (payload: Json) => ({
      Each: {
        Type: 'Map',
        ItemsPath: '$.things',
        ItemSelector: { 'workflow_config.$': '$.bag.workflow_config', ...OWNER, segment_index: 0 },
        ItemProcessor: { StartAt: 'Run', States: { Run: taskWith(payload) } },
        End: true,
      },
    });
    const payload = { 'workflow_config.$': '$.workflow_config', segment_index: 0 };
    expect((await patchStates(map(payload))).changed).toEqual([]);
    expect((await patchStates(map({ ...payload, 'ownerId.$': '$.ownerId' }))).changed).toEqual(['Each']);
  });

  it("where it may be a branch's own, which a lean bag has no member for", async () => {
    const payload = {
      'workflow_config.$': '$bag.workflow_config',
      'ownerId.$': '$bag.ownerId',
      'segment_to_run.$': '$.n',
    };
    const { left, changed } = await patchStates({
      Keep: { Type: 'Pass', Assign: { 'bag.$': '$.bag' }, Next: 'Each' },
      Each: {
        Type: 'Map',
        ItemsPath: '$.bag.branches',
        ItemProcessor: { StartAt: 'Run', States: { Run: taskWith(payload) } },
        End: true,
      },
    });
    expect(left).toEqual([
      'error asl/passes-program /States/Each/ItemProcessor/States/Run/Parameters/Payload/workflow_config.$',
    ]);
    expect(changed).toEqual([]);
  });
});
