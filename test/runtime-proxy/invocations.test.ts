import { describe, expect, it } from 'vitest';
import { Invocations } from '../../src/runtime-proxy/proxy.js';
import type { Invocation } from '../../src/runtime-proxy/proxy.js';

const invocation = (deadline = Infinity): Invocation => ({
  adapted: { bytes: new Uint8Array(), mode: 'rewrite', ids: { ownerId: undefined, workflowId: undefined } },
  context: {},
  deadline,
});

describe('invocations under way', () => {
  it('with one request id are told apart by the invocation id', () => {
    const invocations = new Invocations();
    const [first, second] = [invocation(), invocation()];
    invocations.begin({ requestId: 'r', invocationId: 'a' }, first);
    invocations.begin({ requestId: 'r', invocationId: 'b' }, second);
    expect(invocations.find({ requestId: 'r', invocationId: 'a' })).toBe(first);
    invocations.end({ requestId: 'r', invocationId: 'a' });
    expect(invocations.find({ requestId: 'r', invocationId: 'a' })).toBeUndefined();
    expect(invocations.find({ requestId: 'r', invocationId: 'b' })).toBe(second);
  });

  it('are found without an invocation id: the latest of the request', () => {
    const invocations = new Invocations();
    const [first, second] = [invocation(), invocation()];
    invocations.begin({ requestId: 'r', invocationId: 'a' }, first);
    invocations.begin({ requestId: 'r', invocationId: 'b' }, second);
    expect(invocations.find({ requestId: 'r', invocationId: undefined })).toBe(second);
    expect(invocations.find({ requestId: 'other', invocationId: undefined })).toBeUndefined();
  });

  it('are forgotten once their time is over', () => {
    let now = 0;
    const invocations = new Invocations(() => now);
    invocations.begin({ requestId: 'r', invocationId: undefined }, invocation(10));
    now = 11;
    invocations.begin({ requestId: 's', invocationId: undefined }, invocation(20));
    expect(invocations.size).toBe(1);
    expect(invocations.find({ requestId: 'r', invocationId: undefined })).toBeUndefined();
  });
});
