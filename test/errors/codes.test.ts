import { describe, expect, it } from 'vitest';
import * as open from 'statebag-shim';
import { BagError, ConfigError, PointerError, restateAs, StateBagError, StoreError } from '../../src/errors/index.js';

describe('an error of the catalogue', () => {
  it('is retryable when the catalogue says so and the code that makes it says nothing', () => {
    expect(new StoreError('STORE_TIMEOUT', 'no answer').retryable).toBe(true);
    expect(new StateBagError('MODE_FAILED', 'thrown').retryable).toBe(true);
    expect(new open.ConflictError('WRITE_CONFLICT', 'under way').retryable).toBe(true);
  });

  it('is not retryable when the catalogue says so and the code that makes it says nothing', () => {
    expect(new BagError('JSON_SYNTAX', 'no JSON').retryable).toBe(false);
    expect(new StoreError('STORE_FULL', 'no space').retryable).toBe(false);
  });

  it('decides for itself when its code is retryable only sometimes', () => {
    expect(new StoreError('STORE_DENIED', 'expired', { retryable: true }).retryable).toBe(true);
    expect(new StoreError('STORE_DENIED', 'no permission', { retryable: false }).retryable).toBe(false);
    expect(new open.StoreError('STORE_DENIED', 'of a driver that says nothing').retryable).toBe(false);
  });

  it('cannot be made in this package with a code of another class, an unknown code or another retryability', () => {
    // @ts-expect-error -- A code of another class.
    expect(new BagError('STORE_TIMEOUT', '').code).toBe('STORE_TIMEOUT');
    // @ts-expect-error -- Not in the catalogue.
    expect(new BagError('JSON_SINTAX', '').code).toBe('JSON_SINTAX');
    // @ts-expect-error -- The catalogue says that it never is.
    expect(new BagError('JSON_SYNTAX', '', { retryable: true }).retryable).toBe(true);
    // @ts-expect-error -- The place that makes it must say whether it is.
    expect(new StoreError('STORE_DENIED', '').retryable).toBe(false);
  });

  it('can have either class when the catalogue names two', () => {
    expect(new BagError('EVENT_INVALID', '')).toMatchObject({ name: 'BagError', code: 'EVENT_INVALID' });
    expect(new ConfigError('EVENT_INVALID', '')).toMatchObject({ name: 'ConfigError', code: 'EVENT_INVALID' });
  });
});

describe('an error that a user makes', () => {
  it('may have any code, and is retryable only if it says so', () => {
    expect(new open.StoreError('VAULT_SEALED', 'sealed')).toMatchObject({ code: 'VAULT_SEALED', retryable: false });
    expect(new open.StoreError('VAULT_BUSY', 'busy', { retryable: true }).retryable).toBe(true);
  });

  it.each(['constructor', 'toString', '__proto__'])(
    'may have the code %s, which every object has a member of',
    (code) => {
      expect(new open.StoreError(code, 'own').retryable).toBe(false);
    },
  );

  it('keeps what it says about a code of the catalogue', () => {
    expect(new open.StoreError('STORE_TIMEOUT', 'never again', { retryable: false }).retryable).toBe(false);
  });
});

describe('an error that is restated', () => {
  const cause = new Error('below');
  const fault = new PointerError('POINTER_DANGLING', 'nothing there', { context: { path: '/a' }, cause });

  it('has the code, the message and the context of the first one, which becomes its cause', () => {
    const restated = restateAs(BagError, fault);
    expect(restated).toBeInstanceOf(BagError);
    expect(restated).not.toBeInstanceOf(PointerError);
    expect(restated).toMatchObject({ name: 'BagError', code: 'POINTER_DANGLING', message: 'nothing there' });
    expect(restated.context).toEqual({ path: '/a' });
    expect(restated.cause).toBe(fault);
  });

  it('takes another message, context and cause when they are given', () => {
    const restated = restateAs(PointerError, fault, { message: 'more', context: { path: '/b' }, cause });
    expect(restated).toMatchObject({ message: 'more', context: { path: '/b' }, cause });
  });

  it('stays retryable', () => {
    const passing = new StoreError('STORE_DENIED', 'expired', { retryable: true });
    expect(restateAs(StoreError, passing, { message: 'more' }).retryable).toBe(true);
  });
});
