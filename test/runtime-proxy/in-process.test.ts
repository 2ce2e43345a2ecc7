import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runRuntimeProxy } from '../../src/runtime-proxy/run.js';
import { useScratch } from '../cli/terminal.js';
import { fatBagText } from './bags.js';
import { smallRuntime } from './behind-proxy.js';
import { RuntimeApi } from './runtime-api.js';

/*
 * The proxy runs in this process and from the sources, between a Runtime API and a runtime that is a process of its
 * own. So a test sees a change of the sources without a build.
 */

const scratch = useScratch();
let api: RuntimeApi;
let stop: () => Promise<void>;

beforeEach(async () => {
  api = await new RuntimeApi().start();
});
afterEach(async () => {
  await stop();
  await api.stop();
});

function startProxy(way = 'echo'): void {
  const signals = new EventEmitter();
  const process_ = Object.assign(signals, {
    env: {
      PATH: process.env.PATH,
      AWS_LAMBDA_RUNTIME_API: api.address,
      STATEBAG_MODE: 'rewrite',
      STATEBAG_STORE: join(scratch.dir, 'store'),
      STATEBAG_LOG: 'off',
    },
    stderr: new PassThrough(),
  }) as unknown as NodeJS.Process;
  const ended = runRuntimeProxy(smallRuntime(way), process_);
  stop = async () => {
    signals.emit('SIGTERM', 'SIGTERM');
    await ended;
  };
}

async function ask(event: string) {
  const { kind, body, headers } = await api.invoke(event).outcome;
  return { kind, text: body.toString(), type: headers['lambda-runtime-function-error-type'] };
}

const outOfRange = fatBagText().replace('"segment_to_run": 1', '"segment_to_run": 9');

it('the proxy gives the runtime an event with the program of its segment', async () => {
  startProxy('names');
  const { kind, text } = await ask(fatBagText());
  const names = JSON.parse(text) as readonly string[];
  expect([kind, names]).toEqual(['response', expect.arrayContaining(['segment_config', 'partition_map_s3_path'])]);
  expect(names).not.toContain('workflow_config');
});

it('the proxy reports the error of an event that it refuses, and the runtime does not get the event', async () => {
  startProxy();
  const { kind, text, type } = await ask(outOfRange);
  expect([kind, type]).toEqual(['error', 'BagError']);
  expect(JSON.parse(text)).toMatchObject({
    errorType: 'BagError',
    errorMessage: expect.stringMatching(/^SEGMENT_OUT_OF_RANGE: /) as string,
  });
});

it('the proxy gives the runtime the next event after it refused one', async () => {
  startProxy();
  await ask(outOfRange);
  expect(await ask('{"plain":1.0}')).toMatchObject({ kind: 'response', text: '{"plain":1.0}' });
});

it('the proxy seals an answer that the runtime sends again because the service failed', async () => {
  startProxy();
  api.failures = 1;
  const { kind, text } = await ask(fatBagText().replace('{', '{"do":"again",'));
  expect(kind).toBe('response');
  expect(JSON.parse(text)).toMatchObject({ state_bag_version: 2 });
  expect(text).not.toContain('"workflow_config":');
});

it('the proxy refuses a result whose event it does not know, and the service does not get it', async () => {
  startProxy();
  const { text } = await ask(fatBagText().replace('{', '{"do":"stray",'));
  expect(JSON.parse(text)).toMatchObject({ errorType: 'InvalidRequestID' });
});

it('the proxy refuses a streamed answer in the mode rewrite', async () => {
  startProxy();
  const { kind, text, type } = await ask('{"do":"stream"}');
  expect([kind, type]).toEqual(['error', 'ConfigError']);
  expect(JSON.parse(text)).toMatchObject({
    errorMessage: expect.stringMatching(/^HANDLER_INVALID: .* streams/) as string,
  });
  expect(await ask('{"still":"here"}')).toMatchObject({ kind: 'response', text: '{"still":"here"}' });
});
