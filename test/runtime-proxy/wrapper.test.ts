import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { smallRuntime } from './behind-proxy.js';
import { RuntimeApi } from './runtime-api.js';

const WRAPPER = fileURLToPath(new URL('../../deploy/runtime-proxy/wrapper', import.meta.url));

it('the wrapper script starts the proxy with the Node that is named, and gives the runtime its own options back', async () => {
  const api = await new RuntimeApi().start();
  const env = {
    PATH: process.env.PATH,
    AWS_LAMBDA_RUNTIME_API: api.address,
    STATEBAG_MODE: 'observe',
    STATEBAG_NODE: process.execPath,
    NODE_OPTIONS: '--no-deprecation',
  };
  const child = spawn(WRAPPER, smallRuntime(), { env, stdio: 'ignore' });
  const { body } = await api.invoke('{"do":"env"}').outcome;
  expect(JSON.parse(body.toString())).toMatchObject({ nodeOptions: '--no-deprecation' });
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  await api.stop();
});

it('says what is missing when there is no Node', async () => {
  const child = spawn('/bin/sh', [WRAPPER, 'python3'], {
    env: { PATH: '/nowhere', STATEBAG_NODE: '/no/node' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  expect(await once(child, 'close')).toEqual([127, null]);
  expect(said).toContain('STATEBAG_NODE');
});
