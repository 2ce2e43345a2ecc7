import { expect, it } from 'vitest';
import { DEFAULT_LAYOUT } from '../../src/bag/keys.js';
import { DEFAULT_RETENTION } from '../../src/run/retention.js';
import { statebag } from './terminal.js';

const DAY_MS = 86_400_000;

it.each([
  ['config-key', DEFAULT_LAYOUT.config],
  ['map-key', DEFAULT_LAYOUT.map],
  ['manifest-key', DEFAULT_LAYOUT.manifest],
  ['execution', `${DEFAULT_RETENTION.execution / DAY_MS}d`],
  ['redrive', `${DEFAULT_RETENTION.redrive / DAY_MS}d`],
  ['audit', `${DEFAULT_RETENTION.audit / DAY_MS}d`],
])('the help of gc names the default that is used for --%s', async (name, value) => {
  const { out } = await statebag('/', ['gc', '--help']);
  const line = out.split('\n').find((text) => text.startsWith(`  --${name} `));
  expect(line?.endsWith(`(default ${value})`)).toBe(true);
});
