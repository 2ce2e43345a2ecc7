import { describe, expect, test } from 'vitest';
import { BagError, nameForStateMachine, StoreError } from 'statebag-shim';

describe('an error as a state machine sees it', () => {
  test('is named for a Retry when it is worth one', () => {
    const error = new StoreError('STORE_TIMEOUT', 'no answer', { retryable: true });
    expect(nameForStateMachine(error)).toBe(error);
    expect(error).toMatchObject({
      name: 'StateBagRetryableError',
      code: 'STORE_TIMEOUT',
      message: 'STORE_TIMEOUT: no answer',
    });
    expect(error).toBeInstanceOf(StoreError);
  });

  test('is named for a Catch when the payload is too large', () => {
    expect(nameForStateMachine(new BagError('PAYLOAD_TOO_LARGE', 'too large'))).toMatchObject({
      name: 'StateBagPayloadTooLargeError',
    });
  });

  test('keeps the name of its class otherwise', () => {
    expect(nameForStateMachine(new BagError('FAT_BAG', 'fat'))).toMatchObject({
      name: 'BagError',
      message: 'FAT_BAG: fat',
    });
  });

  test('is named once however often it passes by', () => {
    const error = new BagError('FAT_BAG', 'fat');
    nameForStateMachine(nameForStateMachine(error));
    expect(error.message).toBe('FAT_BAG: fat');
  });

  test.each([[new RangeError('theirs')], ['text'], [undefined]])('of somebody else stays %s', (error) => {
    const before = String(error);
    expect(nameForStateMachine(error)).toBe(error);
    expect(String(error)).toBe(before);
  });
});
