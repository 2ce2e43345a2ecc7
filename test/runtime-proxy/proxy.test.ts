import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useScratch } from '../cli/terminal.js';
import { ODD_STATE, fatBagText } from './bags.js';
import { smallRuntime, startFunction } from './behind-proxy.js';
import type { LambdaFunction } from './behind-proxy.js';
import { RuntimeApi } from './runtime-api.js';

const scratch = useScratch();
const started: LambdaFunction[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

type Environment = Readonly<Record<string, string>>;

async function start(env: Environment = {}, way = 'echo', api?: RuntimeApi): Promise<LambdaFunction> {
  const rewrite = { STATEBAG_MODE: 'rewrite', STATEBAG_STORE: join(scratch.dir, 'store') };
  const one = await startFunction(smallRuntime(way), { ...rewrite, ...env }, api);
  started.push(one);
  return one;
}

async function ask({ api }: LambdaFunction, event: string | Uint8Array, timeoutMs?: number) {
  const { body, ...rest } = await api.invoke(event, timeoutMs === undefined ? {} : { timeoutMs }).outcome;
  return { ...rest, text: body.toString(), json: () => JSON.parse(body.toString()) as Record<string, unknown> };
}

/** Waits for what a function says. */
async function until({ said }: LambdaFunction, what: RegExp): Promise<void> {
  await vi.waitFor(
    () => {
      expect(said()).toMatch(what);
    },
    { timeout: 20_000 },
  );
}

describe('what the proxy does to bags', () => {
  it('gives the runtime a lean bag with its program, and every spelling as it was', async () => {
    const one = await start();
    const { text, json } = await ask(one, `{"state_data": ${fatBagText()}, "next_action": "CONTINUE"}`);
    expect(text).toContain(`"current_state": ${ODD_STATE}`);
    expect(json().segment_config).toMatchObject({ added_by_statebag_shim: true });
    expect(json().state_data).not.toHaveProperty('segment_config');
    expect(json().state_data).toMatchObject({ state_bag_version: 2, ownerId: 'acme' });
    expect(json().state_data).not.toHaveProperty('workflow_config');
    const named = await start({}, 'names');
    expect(await ask(named, `{"state_data": ${fatBagText()}}`)).toMatchObject({
      text: '["state_data","segment_config"]',
    });
  });

  it('runs a chain of segments through the same bag, each with its own program', async () => {
    const one = await start({}, 'step');
    let bag = fatBagText().replace('"segment_to_run": 1', '"segment_to_run": 0');
    for (const index of [0, 1]) {
      const { text, kind } = await ask(one, bag);
      expect(kind).toBe('response');
      expect(text).toContain(`"segment_to_run":${index + 1}`);
      expect(text).toContain(ODD_STATE);
      bag = text;
    }
    expect(await ask(one, bag)).toMatchObject({
      kind: 'error',
      text: expect.stringContaining('SEGMENT_OUT_OF_RANGE') as string,
    });
  });

  it('gives a runtime that speaks fat both fields with the bytes they had, and takes them out again', async () => {
    const lean = await ask(await start(), fatBagText());
    const fat = await start({ STATEBAG_SPEAKS: 'fat' }, 'bag');
    const { text, json } = await ask(fat, lean.text);
    expect(json().bag).toEqual(lean.json());
    expect(text).toContain(ODD_STATE);
  });

  it.each([
    ['an object that is no bag', '{ "hello": 1.0, "deep": [9007199254740993] }'],
    ['text that is no JSON', 'not { json'],
    ['a list', '[1, 2.0]'],
    ['nothing', ''],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x01])],
  ])('lets pass %s, both ways, byte for byte', async (_what, event) => {
    const one = await start();
    const { body } = await one.api.invoke(event).outcome;
    expect(body.equals(Buffer.from(event))).toBe(true);
  });

  it('looks only where it may', async () => {
    const one = await start({ STATEBAG_ENVELOPES: 'state_data.bag, bag' });
    expect((await ask(one, `{"state_data": ${fatBagText()}}`)).text).toBe(`{"state_data": ${fatBagText()}}`);
    expect((await ask(one, `{"bag": ${fatBagText()}}`)).json().bag).not.toHaveProperty('workflow_config');
  });

  it('leaves out the program for a function that runs no segment', async () => {
    const one = await start({ STATEBAG_SEGMENT: 'off' }, 'names');
    expect((await ask(one, `{"state_data": ${fatBagText()}}`)).text).toBe('["state_data"]');
  });
});

describe('its modes', () => {
  it('observe changes nothing and needs no store', async () => {
    const one = await start({ STATEBAG_MODE: 'observe', STATEBAG_STORE: '', STATEBAG_LOG: 'all' });
    expect((await ask(one, fatBagText())).text).toBe(fatBagText());
    expect(one.said()).toMatch(/"statebag":"read".*"generation":"fat"/);
  });

  it('shadow adds the program and changes no bag', async () => {
    const named = await start({ STATEBAG_MODE: 'shadow' }, 'names');
    expect((await ask(named, `{"state_data":${fatBagText()}}`)).text).toContain('"segment_config"');
    const one = await start({ STATEBAG_MODE: 'shadow', STATEBAG_LOG: 'all' });
    expect((await ask(one, fatBagText())).text).toBe(fatBagText());
    expect(one.said()).toMatch(/"shadow":"same"/);
  });

  it('strict refuses a fat bag in the name of the runtime', async () => {
    const one = await start({ STATEBAG_MODE: 'strict' });
    expect(await ask(one, fatBagText())).toMatchObject({
      kind: 'error',
      headers: { 'lambda-runtime-function-error-type': 'BagError' },
    });
    expect((await ask(one, '{}')).text).toBe('{}');
  });

  it('go by owner and workflow', async () => {
    const one = await start({ STATEBAG_MODE: 'observe', STATEBAG_MODES: '{"acme":"rewrite","acme/legacy":"observe"}' });
    expect((await ask(one, fatBagText())).json()).not.toHaveProperty('workflow_config');
    expect((await ask(one, fatBagText().replace('invoices', 'legacy'))).json()).toHaveProperty('workflow_config');
    expect((await ask(one, fatBagText().replace('acme', 'other'))).json()).toHaveProperty('workflow_config');
  });
});

describe('what passes by', () => {
  it('are headers, trace ids and answers, over connections that are kept', async () => {
    const one = await start({}, 'echo');
    expect((await ask(one, '{"do":"env"}')).json().trace).toMatch(/^Root=1-.*;Sampled=1$/);
    for (let at = 0; at < 20; at++)
      expect((await ask(one, `{"at":${at}}`)).headers).toMatchObject({
        'x-mine': 'kept',
        'content-type': 'application/json',
      });
    expect(one.api.connections).toBeLessThanOrEqual(2);
  });

  it('are errors of the handler', async () => {
    const one = await start();
    expect(await ask(one, '{"do":"fail"}')).toMatchObject({
      kind: 'error',
      text: '{"errorType":"MyError","errorMessage":"no"}',
      headers: { 'lambda-runtime-function-error-type': 'MyError' },
    });
  });

  it.each(['observe', 'shadow'])('are streams in the mode %s, chunk by chunk and with their trailers', async (mode) => {
    const one = await start({ STATEBAG_MODE: mode });
    const streamed = await ask(one, '{"do":"stream"}');
    expect(streamed).toMatchObject({
      text: '{"a":1.0}',
      headers: { 'lambda-runtime-function-response-mode': 'streaming', 'transfer-encoding': 'chunked' },
    });
    expect(streamed.chunks).toBeGreaterThan(1);
    expect(await ask(one, '{"do":"broken"}')).toMatchObject({
      trailers: { 'lambda-runtime-function-error-type': 'Runtime.Broken' },
    });
  });

  it('are chunked answers, garbage, and 6 MB', async () => {
    const one = await start();
    expect((await ask(one, '{"do":"chunked"}')).text).toBe('{"n":1}');
    expect((await one.api.invoke('{"do":"garbage"}').outcome).body).toEqual(Buffer.from('not json \xff', 'latin1'));
    expect((await ask(one, '{"do":"large"}')).text).toHaveLength(6 * 1024 * 1024);
    expect(await ask(one, '{"do":"huge"}')).toMatchObject({
      kind: 'error',
      headers: { 'lambda-runtime-function-error-type': 'StateBagPayloadTooLargeError' },
    });
    await ask(one, '{}');
    expect(one.said()).toContain('large 202');
    expect(one.said()).toContain('huge 202');
  });

  it('is the initialisation that fails', async () => {
    const api = await new RuntimeApi().start();
    const one = await start({}, 'init-error', api);
    expect(await one.ended).toBe(1);
    expect(api.initErrors.map(String)).toEqual(['{"errorType":"Runtime.ImportModuleError"}']);
    await api.stop();
  });

  it('is no second answer to an invocation', async () => {
    const one = await start();
    expect((await ask(one, '{"do":"twice"}')).text).toBe('{"n":1}');
    await ask(one, '{}');
    expect(one.said()).toContain('twice 202 403');
  });
});

describe('a streamed answer', () => {
  it.each([
    ['rewrite', '{"do":"stream"}'],
    ['strict', '{"do":"stream"}'],
    ['rewrite', `{"do":"stream","state_data":${fatBagText()}}`],
    ['rewrite', '{"do":"broken"}'],
  ])('is refused in the mode %s for the event %s, and the runtime goes on', async (mode, event) => {
    const one = await start({ STATEBAG_MODE: mode });
    const { kind, headers, json } = await ask(one, event);
    expect([kind, headers['lambda-runtime-function-error-type']]).toEqual(['error', 'ConfigError']);
    expect(json()).toMatchObject({
      errorType: 'ConfigError',
      errorMessage:
        `HANDLER_INVALID: the handler streams its answer, and the mode ${mode} cannot convert a stream; Step Functions takes none. ` +
        'Return the answer instead, or set STATEBAG_MODE or STATEBAG_MODES to observe for this function',
    });
    expect((await ask(one, '{"still":"here"}')).text).toBe('{"still":"here"}');
  });
});

describe('a runtime that goes wrong', () => {
  it('ends the proxy with its own exit code when it crashes', async () => {
    const one = await start();
    void one.api.invoke('{"do":"crash"}');
    expect(await one.ended).toBe(3);
  });

  it('leaves the service with a broken stream when it crashes in the middle of one in the mode observe', async () => {
    const one = await start({ STATEBAG_MODE: 'observe' });
    const { outcome } = one.api.invoke('{"do":"torn"}');
    expect(await one.ended).toBe(4);
    expect((await outcome).body.toString()).not.toContain('2');
  });

  it('may hang until it is ended', async () => {
    const one = await start();
    void one.api.invoke('{"do":"hang"}');
    await until(one, /hanging/);
    one.child.kill('SIGTERM');
    expect(await one.ended).toBe(0);
    expect(one.said()).toContain('terminated');
  });

  it('takes no harm from a second SIGTERM, and one that ignores the first is ended by the last resort', async () => {
    const one = await start({}, 'stubborn');
    await ask(one, '{}');
    for (let times = 1; times <= 3; times++) {
      one.child.kill('SIGTERM');
      await until(one, new RegExp(`^(.*terminated.*\\s){${times}}`, 'm'));
    }
    expect((await ask(one, '{"still":"here"}')).text).toBe('{"still":"here"}');
    void one.api.invoke('{"do":"crash"}');
    expect(await one.ended).toBe(3);
  });

  it('that cannot be started is said to be so', async () => {
    const one = await startFunction(['/no/such/runtime'], { STATEBAG_MODE: 'observe' });
    started.push(one);
    expect(await one.ended).toBe(127);
    expect(one.said()).toContain('/no/such/runtime');
  });
});

describe('a service that goes away', () => {
  it('and comes back is asked again', async () => {
    const one = await start();
    await ask(one, '{}');
    one.api.breakConnections();
    expect((await ask(one, '{"again":1.0}')).text).toBe('{"again":1.0}');
  });

  it('for good ends the runtime as it would without a proxy', async () => {
    const api = await new RuntimeApi().start();
    const one = await start({}, 'echo', api);
    await ask(one, '{}');
    await api.stop();
    expect(await one.ended).not.toBe(0);
  });
});

describe('a store that is down', () => {
  const nowhere = {
    STATEBAG_STORE: 's3://bags',
    STATEBAG_ENDPOINT: 'http://127.0.0.1:9',
    AWS_ACCESS_KEY_ID: 'k',
    AWS_SECRET_ACCESS_KEY: 's',
    STATEBAG_REGION: 'us-east-1',
  };
  let silent: ReturnType<typeof createServer>;
  beforeEach(async () => {
    silent = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
  });
  afterEach(() => {
    silent.close();
  });

  it('does not stop an event that carries its program: the bag stays as it was', async () => {
    // The SDK may take long to load.
    const one = await start({ ...nowhere, STATEBAG_OPTIONAL_TIMEOUT_MS: '20000' });
    expect((await ask(one, fatBagText())).text).toBe(fatBagText());
    expect(one.said()).toMatch(/"statebag":"fail-open".*"code":"STORE_UNAVAILABLE"/);
  });

  it('is an error that a state machine retries when the program lies there; the runtime goes on', async () => {
    const { text } = await ask(await start(), fatBagText());
    const one = await start(nowhere);
    const lean = text.replaceAll('s3://local/', 's3://bags/');
    expect(await ask(one, lean)).toMatchObject({
      kind: 'error',
      headers: { 'lambda-runtime-function-error-type': 'StateBagRetryableError' },
    });
    expect((await ask(one, '{}')).text).toBe('{}');
  });

  it('and does not answer is given up before the invocation ends', async () => {
    const one = await start({
      ...nowhere,
      STATEBAG_ENDPOINT: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      STATEBAG_DEADLINE_MARGIN_MS: '7000',
    });
    await ask(one, '{}');
    const begin = Date.now();
    expect((await ask(one, fatBagText(), 8_000)).text).toBe(fatBagText());
    // Once on the way in; on the way back the bag is not tried again.
    expect(Date.now() - begin).toBeLessThan(8_000);
    expect(one.said()).toContain('DEADLINE_EXCEEDED');
  });
});

describe('a result that fits no payload', () => {
  it('gives further members to the store, or is an error that says so', async () => {
    const state = `"notes":"${'n'.repeat(3000)}"`;
    const one = await start({ STATEBAG_LIMIT_BYTES: '2600', STATEBAG_HEADROOM_BYTES: '100' });
    const { text, json } = await ask(one, fatBagText(`,${state}`));
    expect(json().notes).toMatchObject({ __s3_pointer__: true, field_name: 'notes' });
    expect(text).toContain(ODD_STATE);
    expect((await ask(await start({}, 'echo'), text)).json().notes).toEqual(json().notes);
    const strict = await start({
      STATEBAG_LIMIT_BYTES: '2600',
      STATEBAG_HEADROOM_BYTES: '100',
      STATEBAG_OFFLOAD_NEVER: 'notes',
    });
    expect(await ask(strict, fatBagText(`,${state}`))).toMatchObject({
      kind: 'error',
      headers: { 'lambda-runtime-function-error-type': 'StateBagPayloadTooLargeError' },
    });
    const plain = `{"plain":"${'n'.repeat(3000)}"}`;
    expect((await ask(strict, plain)).text).toBe(plain);
  });
});

describe('a configuration that is wrong', () => {
  it.each([
    [{ STATEBAG_MODE: 'rewrite', STATEBAG_STORE: '' }, 'STORE_MISSING'],
    [{ STATEBAG_MODE: 'rewrit' }, 'OPTION_INVALID'],
    [{ STATEBAG_STOER: 'x' }, 'VARIABLE_UNKNOWN'],
    [{ STATEBAG_CACHE_BYTES: 'lots' }, 'VARIABLE_INVALID'],
    [{ STATEBAG_MODES: '[]' }, 'VARIABLE_INVALID'],
  ])('%j ends the initialisation, and the service is told why', async (env, code) => {
    const api = await new RuntimeApi().start();
    const one = await start(env, 'echo', api);
    expect(await one.ended).toBe(2);
    expect(api.initErrors.map(String)).toEqual([expect.stringContaining(`"errorMessage":"${code}: `)]);
    await api.stop();
  });

  it('is also an address of the service that is none', async () => {
    const one = await startFunction(smallRuntime(), { AWS_LAMBDA_RUNTIME_API: 'http://x/' });
    started.push(one);
    expect(await one.ended).toBe(2);
    expect(one.said()).toContain('RUNTIME_API_INVALID');
  });
});

it('keeps the options of Node for the runtime, when the runtime is Node', async () => {
  const one = await start({ STATEBAG_RUNTIME_NODE_OPTIONS: '--no-deprecation' });
  expect((await ask(one, '{"do":"env"}')).json().nodeOptions).toBe('--no-deprecation');
});
