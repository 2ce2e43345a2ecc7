import fc from 'fast-check';
import { SchemaError, assertLeanBag, assertStateBag, validateLeanBag, validateStateBag } from 'statebag-shim';
import type { LeanStateBag } from 'statebag-shim';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { validateAll } from '../schemas/validate.js';
import { leanBag, without } from './lean-bag.js';

function messagesOf(bag: unknown): string[] {
  return validateLeanBag(bag).map(({ message }) => message);
}

describe('a lean bag', () => {
  it('has no issues', () => {
    expect(validateLeanBag(leanBag)).toEqual([]);
  });

  it('may hold any further member with any value', () => {
    const known = new Set([
      ...Object.keys(leanBag),
      'workflow_config',
      'partition_map',
      '_is_init',
      '_status',
      'manifest_id',
      'segment_manifest',
      'state_s3_path',
    ]);
    const extras = fc.dictionary(
      fc.string().filter((name) => !known.has(name)),
      fc.jsonValue(),
    );
    fc.assert(fc.property(extras, (extra) => validateLeanBag({ ...extra, ...leanBag }).length === 0));
  });

  it('may hold a member named __proto__, which is data', () => {
    const text = JSON.stringify(leanBag).replace('{', '{"__proto__":{"workflow_config":{}},');
    expect(validateLeanBag(JSON.parse(text))).toEqual([]);
  });

  it('needs its members for its own: what a prototype lends does not count', () => {
    const lent: unknown = Object.assign(Object.create({ ownerId: 'tenant-9' }) as object, without(leanBag, 'ownerId'));
    expect(validateLeanBag(lent)).toMatchObject([{ keyword: 'required', member: 'ownerId' }]);
  });

  it('is told the same by the command', async () => {
    const message = '`workflow_config` is inline; a lean bag carries only `workflow_config_s3_path`.';
    const bag = { ...leanBag, workflow_config: {} };
    expect(messagesOf(bag)).toEqual([message]);
    expect((await validateAll('state-bag.v2', [bag]))[0]).toMatchObject([{ rule: 'not', message }]);
  });
});

describe('the sentence about', () => {
  it('a program that is inline names the member and what to do', () => {
    expect(validateLeanBag({ ...leanBag, workflow_config: { nodes: [] } })).toEqual([
      {
        pointer: '/workflow_config',
        keyword: 'not',
        message: '`workflow_config` is inline; a lean bag carries only `workflow_config_s3_path`.',
        hint: 'Migrate the document with `statebag migrate`. If it was lean before, wrap the runner that wrote the member.',
        member: 'workflow_config',
      },
    ]);
  });

  it('an inline map names the map', () => {
    expect(messagesOf({ ...leanBag, partition_map: [{ id: 0 }] })).toEqual([
      '`partition_map` is inline; a lean bag carries only `partition_map_s3_path`.',
    ]);
  });

  it('a bag of the bridge form says so', () => {
    const bag = { ...leanBag, workflow_config: { __s3_pointer__: true, bucket: 'b', key: 'k' } };
    expect(messagesOf(bag)).toEqual([
      '`workflow_config` holds a pointer object, the bridge form; a lean bag names the place in `workflow_config_s3_path` instead.',
    ]);
  });

  it('a null left behind says that null is still there', () => {
    expect(messagesOf({ ...leanBag, partition_map: null })).toEqual([
      '`partition_map` is still there, as null; a lean bag leaves the member out.',
    ]);
  });

  it('a lost manifest path tells how it gets lost', () => {
    const [issue, ...others] = validateLeanBag({
      ...without(leanBag, 'partition_map_s3_path'),
      segment_manifest_s3_path: null,
    });
    expect(others).toEqual([]);
    expect(issue).toMatchObject({
      pointer: '/segment_manifest_s3_path',
      message:
        '`segment_manifest_s3_path` is null, and no `partition_map_s3_path` stands in for it: nothing leads to the program.',
      hint: 'A parallel merge in an unwrapped runner sets it to null. Put back the path from the bag before the merge.',
    });
  });

  it('a member the state machine reads says what happens without it', () => {
    expect(messagesOf(without(leanBag, 'start_time'))).toEqual([
      '`start_time` is missing: the state machine reads it and stops with States.Runtime.',
    ]);
  });

  it('a missing strategy tells which bags go without', () => {
    const [issue] = validateLeanBag(without(leanBag, 'distributed_strategy'));
    expect(issue?.hint).toContain('Only bags of the flat era, which have `state_s3_path`, go without it.');
    expect(validateLeanBag({ ...without(leanBag, 'distributed_strategy'), state_s3_path: '' })).toEqual([]);
  });

  it('a path that is none says what a path is', () => {
    expect(messagesOf({ ...leanBag, workflow_config_s3_path: '' })).toEqual([
      '`workflow_config_s3_path` is ""; it must be an s3:// URI that names a bucket and a key.',
    ]);
  });

  it('leftovers of the initialiser says what they do', () => {
    const hints = validateLeanBag({ ...leanBag, _is_init: true, _status: 'STARTED' }).map(({ hint }) => hint);
    expect(hints).toHaveLength(2);
    for (const hint of hints) expect(hint).toContain('reports STARTED for ever');
  });

  it('an old bag begins with what is inline, before all that is missing', () => {
    const fat = { ...without(leanBag, 'state_bag_version', 'start_time'), workflow_config: {}, partition_map: [] };
    expect(validateLeanBag(fat).map(({ member }) => member)).toEqual([
      'workflow_config',
      'partition_map',
      'state_bag_version',
      'start_time',
    ]);
  });

  it.each([null, 7, 'bag', []])('what is no object at all, such as %j, says that a bag is one', (value) => {
    expect(validateLeanBag(value)).toMatchObject([
      { pointer: '', keyword: 'type', hint: 'A state bag is a JSON object.' },
    ]);
  });
});

describe('asserting', () => {
  it('passes a lean bag and narrows its type', () => {
    const bag: unknown = leanBag;
    assertLeanBag(bag);
    expectTypeOf(bag).toEqualTypeOf<LeanStateBag>();
  });

  it('throws BAG_INVALID with the issues in its context', () => {
    const bag = { ...leanBag, workflow_config: {}, _is_init: true };
    const failure = catchError(() => {
      assertLeanBag(bag);
    });
    expect(failure).toBeInstanceOf(SchemaError);
    expect(failure).toMatchObject({
      code: 'BAG_INVALID',
      retryable: false,
      message:
        'not a lean state bag: `workflow_config` is inline; a lean bag carries only `workflow_config_s3_path`. (and 1 more)',
      context: { stage: 'validate', path: '/workflow_config', issues: validateLeanBag(bag) },
    });
  });
});

/* eslint-disable @typescript-eslint/no-deprecated -- The test is about the deprecated names. */
describe('the names of release 0.1.0', () => {
  it('are the same functions as the new names', () => {
    expect(validateStateBag).toBe(validateLeanBag);
    expect(assertStateBag).toBe(assertLeanBag);
  });

  it('narrow the type of a bag like the new names', () => {
    const bag: unknown = leanBag;
    assertStateBag(bag);
    expectTypeOf(bag).toEqualTypeOf<LeanStateBag>();
  });
});
/* eslint-enable @typescript-eslint/no-deprecated */

function catchError(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
