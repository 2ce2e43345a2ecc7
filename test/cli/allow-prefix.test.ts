import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseEnvironment } from '../../src/runtime-proxy/settings.js';
import { makePlace } from '../bag/place.js';
import { ProxiedFunction } from '../runtime-proxy/in-process.js';
import { smallBag } from './fleet-dir.js';
import { statebag } from './terminal.js';

const SECRET = { nodes: [{ id: 'a' }], iban: 'VICTIM-IBAN' };
const CONTROL = { ownerId: 'mallory', workflowId: 'wf', total_segments: 1, segment_to_run: 0 };
const ALLOW = ['--allow-prefix', 'archive/'];
const STORE = ['--store', 's'];

let dir: string;

beforeEach(() => {
  dir = makePlace().dir;
});

function write(path: string, value: unknown): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), typeof value === 'string' ? value : JSON.stringify(value));
}

async function run(args: readonly string[], stdin = ''): Promise<string> {
  const { code, out, err } = await statebag(dir, args, { stdin });
  return `${code} ${out}${err}`;
}

describe('a pointer to a key in no known layout', () => {
  const bag = { ...CONTROL, workflow_config_s3_path: 's3://local/archive/doc.json' };

  beforeEach(() => {
    write('s/local/archive/doc.json', SECRET);
    write('bag.json', bag);
  });

  it.each([
    ['segment', ['segment', 'bag.json']],
    ['hydrate', ['hydrate', 'bag.json']],
    ['migrate', ['migrate', 'bag.json', '--json']],
    ['inspect', ['inspect', 'bag.json', '--json']],
    ['validate', ['validate', 'bag.json', '--schema', 'auto']],
    ['adapt', ['adapt', '--dry-run']],
  ])('is not followed by %s until --allow-prefix names its folder', async (_, command) => {
    const refused = await run([...command, ...STORE], JSON.stringify(bag));
    expect(refused).toContain('POINTER_NOT_ALLOWED');
    expect(refused).not.toContain('VICTIM-IBAN');
    const other = await run([...command, ...STORE, '--allow-prefix', 'archives/'], JSON.stringify(bag));
    expect(other).toContain('POINTER_NOT_ALLOWED');
    const allowed = await run([...command, ...STORE, ...ALLOW], JSON.stringify(bag));
    expect(allowed).not.toContain('POINTER_NOT_ALLOWED');
  });

  it('is not copied below the prefix of another owner by migrate', async () => {
    write('s/local/paused/victim/doc.json', SECRET);
    write('evil.json', { ...bag, workflow_config_s3_path: 's3://local/paused/victim/doc.json', partition_map: [] });
    await run(['migrate', 'evil.json', ...STORE, '--apply', '--journal', 'j']);
    expect(existsSync(join(dir, 's/local/workflow-configs'))).toBe(false);
    expect(await run(['hydrate', 'evil.json', ...STORE])).not.toContain('VICTIM-IBAN');
  });

  it('is in the run entry of a journal with the prefix that allowed it', async () => {
    await run(['migrate', 'bag.json', ...STORE, ...ALLOW, '--apply', '--journal', 'j']);
    const journal = readFileSync(join(dir, 'j', readdirSync(join(dir, 'j'))[0]!), 'utf8');
    expect(journal).toContain('"allowPrefixes":["archive/"]');
    expect(await run(['verify', '--journal', 'j', '--allow-empty'])).toMatch(/^0 /);
  });

  it.each(['archive', '/', 'a//', '../'])('is an error of usage when the prefix is "%s"', async (prefix) => {
    const said = await run(['segment', 'bag.json', ...STORE, '--allow-prefix', prefix]);
    expect(said).toMatch(/^2 /);
    expect(said).toContain('PREFIX_INVALID');
  });
});

describe('a key of the form of a content address, outside of the places of the store,', () => {
  const key = `else/workflow-configs/mallory/wf/${'a'.repeat(64)}/config.json`;
  const bag = { ...CONTROL, state_bag_version: 2, workflow_config_s3_path: `s3://local/${key}` };

  beforeEach(() => {
    write(`s/local/${key}`, SECRET);
    write('bag.json', bag);
  });

  it('is believed by no command', async () => {
    expect(await run(['segment', 'bag.json', ...STORE])).toContain('POINTER_NOT_ALLOWED');
    expect(await run(['validate', 'bag.json', '--schema', 'auto', ...STORE])).toMatch(/^1 [^]*POINTER_NOT_ALLOWED/);
    expect(await run(['can-contract', 'bag.json', ...STORE])).toMatch(/^1 /);
    expect(await run(['migrate', 'bag.json', ...STORE, '--json'])).toMatch(/^1 [^]*POINTER_NOT_ALLOWED/);
  });

  it('is verified where its folder is allowed', async () => {
    const allowed = [...STORE, '--allow-prefix', 'else/'];
    expect(await run(['segment', 'bag.json', ...allowed])).toContain('DIGEST_MISMATCH');
    expect(await run(['validate', 'bag.json', '--schema', 'auto', ...allowed])).toMatch(/^1 [^]*DIGEST_MISMATCH/);
  });
});

describe('a whole bag with a pointer to an allowed folder', () => {
  const whole = JSON.parse(smallBag()) as Record<string, unknown>;
  const bag = {
    ...whole,
    workflow_config: undefined,
    partition_map: undefined,
    workflow_config_s3_path: 's3://local/archive/doc.json',
  };

  beforeEach(() => {
    write('s/local/archive/doc.json', SECRET);
    write('bags/bag.json', bag);
  });

  it('is converted by adapt and seal, which leave it as it is without the option', async () => {
    const text = JSON.stringify(bag);
    expect(await run(['adapt', ...STORE], text)).toMatch(/^1 [^]*POINTER_NOT_ALLOWED/);
    expect(await run(['seal', ...STORE], text)).toMatch(
      /^0 [^]*"workflow_config_s3_path":"s3:\/\/local\/archive\/doc.json"/,
    );
    expect(existsSync(join(dir, 's/local/workflow-configs'))).toBe(false);
    for (const command of ['adapt', 'seal'])
      expect(await run([command, ...STORE, ...ALLOW], text)).toMatch(
        /^0 [^]*"workflow_config_s3_path":"s3:\/\/local\/workflow-configs\/owner-1\/wf-1\//,
      );
    expect(readdirSync(join(dir, 's/local/workflow-configs'))).toEqual(['owner-1']);
  });

  it('is counted by fleet plan as to be migrated, and not without the option', async () => {
    const share = async (options: readonly string[]) => {
      const { code, out } = await statebag(dir, ['fleet', 'plan', 'bags', ...STORE, '--json', ...options]);
      return [code, (JSON.parse(out) as { shape: { migratedShare: number } }).shape.migratedShare];
    };
    expect(await share([])).toEqual([0, 0]);
    expect(await share(ALLOW)).toEqual([0, 1]);
    expect(await run(['fleet', 'plan', 'bags', ...STORE, '--allow-prefix', 'archive'])).toMatch(
      /^2 [^]*PREFIX_INVALID/,
    );
  });
});

describe('a lean bag whose blobs are in an allowed folder', () => {
  const digest = createHash('sha256').update(JSON.stringify(SECRET)).digest('hex');
  const key = `else/workflow-configs/mallory/wf/${digest}/config.json`;

  beforeEach(() => {
    write(`s/local/${key}`, SECRET);
    write('bag.json', { ...CONTROL, state_bag_version: 2, workflow_config_s3_path: `s3://local/${key}` });
  });

  it('needs the shim for can-contract until --allow-prefix names the folder', async () => {
    expect(await run(['can-contract', 'bag.json', ...STORE])).toMatch(/^1 [^]*BAG_BRIDGE/);
    expect(await run(['can-contract', 'bag.json', ...STORE, '--allow-prefix', 'other/'])).toMatch(/^1 [^]*BAG_BRIDGE/);
    expect(await run(['can-contract', 'bag.json', ...STORE, '--allow-prefix', 'else/'])).toMatch(/^0 /);
  });

  it('loses none of them to gc, which deletes only below the prefix of its store', async () => {
    const now = new Date('2099-01-01');
    write(`s/local/workflow-configs/mallory/wf/${digest}/config.json`, SECRET);
    write('other.json', CONTROL);
    const gc = ['gc', '--no-journal', 'other.json', ...STORE, '--allow-prefix', 'else/', '--apply', '--quiet'];
    const { code, out } = await statebag(dir, gc, { now });
    expect([code, out]).toEqual([0, expect.stringMatching(/deleted +1 /)]);
    expect(existsSync(join(dir, `s/local/${key}`))).toBe(true);
    expect(await run(['gc', '--no-journal', 'other.json', ...STORE, '--allow-prefix', 'else'])).toMatch(
      /^2 [^]*PREFIX_INVALID/,
    );
  });
});

describe('completion', () => {
  it.each([
    ['adapt'],
    ['can-contract'],
    ['fleet', 'collect'],
    ['fleet', 'plan'],
    ['gc'],
    ['hydrate'],
    ['inspect'],
    ['migrate'],
    ['seal'],
    ['segment'],
    ['validate'],
    ['verify'],
  ])('offers --allow-prefix for %s %s', async (...command) => {
    const { out } = await statebag(dir, ['--get-yargs-completions', 'statebag', ...command, '--']);
    expect(out).toMatch(/^--allow-prefix\b/m);
  });
});

describe('the proxy', () => {
  it('reads folders to allow from STATEBAG_ALLOW_PREFIXES', () => {
    const env = { STATEBAG_STORE: 's3://b', STATEBAG_ALLOW_PREFIXES: 's3://old/x/, archive/' };
    expect(parseEnvironment(env).store?.allowPrefixes).toEqual(['s3://old/x/', 'archive/']);
    expect(() => parseEnvironment({ ...env, STATEBAG_ALLOW_PREFIXES: 'archive' })).toThrow(
      expect.objectContaining({ code: 'PREFIX_INVALID' }),
    );
  });

  it('follows pointers to these folders and to no others', async () => {
    const bag = { ...CONTROL, partition_map_s3_path: 's3://bags/archive/map.json' };
    const [refusing, allowing] = await Promise.all(
      [{}, { ALLOW_PREFIXES: 's3://bags/archive/' }].map((env) =>
        new ProxiedFunction().start({ MODE: 'rewrite', ...env }),
      ),
    );
    try {
      const map = Buffer.from(JSON.stringify([{ id: 0, type: 'normal', nodes: [{ id: 'KEPT' }], edges: [] }]));
      for (const { objects } of [refusing!, allowing!])
        await objects.put({ bucket: 'bags', key: 'archive/map.json' }, map);
      const event = Buffer.from(JSON.stringify(bag));
      let got = '';
      const answer = (text: Buffer) => (got = text.toString());
      await expect(refusing!.invoke(event, answer)).rejects.toMatchObject({ code: 'POINTER_NOT_ALLOWED' });
      await allowing!.invoke(event, answer);
      expect(got).toContain('KEPT');
    } finally {
      await Promise.all([refusing!.stop(), allowing!.stop()]);
    }
  });
});
