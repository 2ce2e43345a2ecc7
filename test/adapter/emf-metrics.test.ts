import { readFileSync } from 'node:fs';
import type { Mode } from 'statebag-shim';
import { afterEach, describe, expect, test } from 'vitest';
import { startEmfMetrics } from '../../examples/emf-metrics/emf-metrics.js';
import { fatBag } from './bags.js';
import type { Json } from './bags.js';
import { testShim } from './shims.js';

let stop: (() => void) | undefined;
afterEach(() => stop?.());

function collect(): Json[] {
  const lines: Json[] = [];
  stop = startEmfMetrics({
    namespace: 'StateBags',
    clock: () => 1769760000000,
    write: (line) => {
      expect(line.endsWith('\n')).toBe(true);
      lines.push(JSON.parse(line) as Json);
    },
  });
  return lines;
}

interface Directive {
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string }[];
}

/** The sums of a metric as CloudWatch makes them, by its dimensions. */
function sum(lines: readonly Json[], metric: string): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const line of lines) {
    const { CloudWatchMetrics } = line._aws as { readonly CloudWatchMetrics: readonly Directive[] };
    for (const { Dimensions, Metrics } of CloudWatchMetrics) {
      if (!Metrics.some(({ Name }) => Name === metric)) continue;
      for (const names of Dimensions) {
        const key = names.map((name) => line[name]).join(' ');
        sums[key] = (sums[key] ?? 0) + (line[metric] as number);
      }
    }
  }
  return sums;
}

describe('metrics of fat bags', () => {
  /** Five events for a handler that answers with its event: four fat bags of two owners, one without its segment. */
  async function runFive(mode: Mode): Promise<Json[]> {
    const rig = testShim();
    const lean = await rig.shim.write(fatBag());
    const olive = { ownerId: 'olive', idempotency_key: 'olive#auto#invoices#0123456789abcdef' };
    const events = [fatBag(), fatBag(), fatBag(olive), fatBag({ segment_to_run: 99 }), lean as Json];
    const wrapped = testShim({ mode }, rig).shim.wrap((event) => ({ bag: { ...event } }));
    const lines = collect();
    for (const event of events) await wrapped(event).catch(() => undefined);
    return lines;
  }

  test.each([
    ['observe', { 'observe fat': 4, 'observe lean': 1 }, { 'observe fat': 0, 'observe lean': 0 }],
    ['shadow', { 'shadow fat': 4, 'shadow lean': 1 }, { 'shadow fat': 0, 'shadow lean': 0 }],
    ['rewrite', { 'rewrite fat': 4, 'rewrite lean': 1 }, { 'rewrite fat': 1, 'rewrite lean': 0 }],
    ['strict', { 'strict fat': 4, 'strict lean': 1 }, { 'strict fat': 4, 'strict lean': 0 }],
  ] as const)('count each event by its owner in the mode %s, refused ones too', async (mode, reads, refused) => {
    const lines = await runFive(mode);
    expect(sum(lines, 'FatEvents')).toEqual({ acme: 3, olive: 1 });
    expect(sum(lines, 'Reads')).toEqual(reads);
    expect(sum(lines, 'ReadsRefused')).toEqual(refused);
  });

  test.each([
    ['observe', { acme: 3, olive: 1 }, { 'observe fat': 4, 'observe lean': 1 }],
    ['shadow', { acme: 3, olive: 1 }, { 'shadow fat': 4, 'shadow lean': 1 }],
    ['rewrite', {}, { 'rewrite lean': 4 }],
    ['strict', {}, { 'strict lean': 1 }],
  ] as const)('count each result by its owner in the mode %s, as the handler gave it', async (mode, fat, writes) => {
    const lines = await runFive(mode);
    expect(sum(lines, 'FatResults')).toEqual(fat);
    expect(sum(lines, 'Writes')).toEqual(writes);
  });

  test.each(['rewrite', 'strict'] as const)(
    'count results of a handler that speaks fat in the mode %s',
    async (mode) => {
      const rig = testShim();
      const lean = (await rig.shim.write(fatBag())) as Json;
      const wrapped = testShim({ mode, speaks: 'fat' }, rig).shim.wrap((event) => ({ bag: { ...event } }));
      const lines = collect();
      await wrapped(lean);
      expect(sum(lines, 'FatEvents')).toEqual({});
      expect(sum(lines, 'FatResults')).toEqual({ acme: 1 });
    },
  );

  test.each(['rewrite', 'strict'] as const)('count results that are refused in the mode %s', async (mode) => {
    const { shim } = testShim({ mode, budget: { limitBytes: 500, headroomBytes: 0 } });
    const lines = collect();
    await shim.write(fatBag()).catch(() => undefined);
    expect(sum(lines, 'FatResults')).toEqual({ acme: 1 });
    expect(sum(lines, 'WritesRefused')).toEqual({ [`${mode} fat`]: 1 });
    expect(lines.find((line) => line.WritesRefused === 1)).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  test('count an event in the default mode when the function for the mode fails', async () => {
    const mode = () => {
      throw new Error('the service for modes is down');
    };
    const lines = collect();
    await testShim({ mode })
      .shim.wrap((event) => event)(fatBag())
      .catch(() => undefined);
    expect(sum(lines, 'FatEvents')).toEqual({ acme: 1 });
    expect(sum(lines, 'ReadsRefused')).toEqual({ 'observe fat': 1 });
  });

  test.each([
    ['is missing', undefined, '_'],
    ['is not ASCII', 'Öl & Söhne', '%C3%96l%20%26%20S%C3%B6hne'],
    ['is half of a character', '\ud800', '%EF%BF%BD'],
    ['begins with a colon', ':acme', '%3Aacme'],
    ['is too long', 'x'.repeat(2_000), 'x'.repeat(1_024)],
  ])('have a dimension that CloudWatch takes when the owner %s', async (_what, ownerId, owner) => {
    const lines = collect();
    await testShim({ mode: 'observe' }).shim.wrap((event) => event)(fatBag({ ownerId }));
    expect(sum(lines, 'FatEvents')).toEqual({ [owner]: 1 });
    expect(lines.find((line) => 'FatEvents' in line)?.ownerId).toBe(ownerId);
  });
});

test('docs/adapter.md lists each metric with its dimensions', async () => {
  const page = readFileSync(new URL('../../docs/adapter.md', import.meta.url), 'utf8');
  const table = /\n\| metric \| dimensions \|[^]*?\n\n/.exec(page)?.[0] ?? '';
  const listed = table.split('\n').flatMap((row) => {
    const [metrics = '', dimensions = ''] = row.split(' | ').map((cell) => cell.match(/`\w+`/g)?.join(' '));
    return metrics.split(' ').flatMap((metric) => (metric === '' ? [] : [`${metric} by ${dimensions}`]));
  });
  const lines = collect();
  await testShim().shim.wrap((event) => ({ ...event }))(fatBag());
  const rig = testShim();
  rig.fail({ moment: 'before', code: 'STORE_TIMEOUT' });
  await rig.shim.wrap((event) => ({ ...event }))(fatBag());
  const map = fatBag().partition_map as unknown[];
  await testShim({ mode: 'shadow' }).shim.wrap((event) => ({ ...event }))(fatBag({ partition_map: [...map, null] }));
  const written = lines.flatMap((line) =>
    (line._aws as { readonly CloudWatchMetrics: readonly Directive[] }).CloudWatchMetrics.flatMap(
      ({ Dimensions, Metrics }) =>
        Metrics.map(({ Name }) => `\`${Name}\` by ${Dimensions[0]!.map((name) => `\`${name}\``).join(' ')}`),
    ),
  );
  expect(listed.sort()).toEqual([...new Set(written)].sort());
});

describe('metrics of a rewriting runner', () => {
  test('are lines of the embedded metric format', async () => {
    const lines = collect();
    await testShim().shim.wrap((event) => ({ ...event }))(fatBag());
    const offload = lines.find((line) => 'BlobsWritten' in line)!;
    expect(offload).toMatchObject({ BlobsWritten: 3, BlobsReused: 0, mode: 'rewrite', side: 'event', ownerId: 'acme' });
    expect(offload._aws).toEqual({
      Timestamp: 1769760000000,
      CloudWatchMetrics: [
        {
          Namespace: 'StateBags',
          Dimensions: [['mode']],
          Metrics: [
            { Name: 'BlobsWritten', Unit: 'Count' },
            { Name: 'BlobsReused', Unit: 'Count' },
            { Name: 'BlobBytes', Unit: 'Bytes' },
          ],
        },
      ],
    });
    expect(lines.find((line) => 'Reads' in line)).toMatchObject({ Reads: 1, generation: 'fat', source: 'inline-map' });
    expect(lines.find((line) => 'Writes' in line)).toMatchObject({
      Writes: 1,
      generation: 'lean',
      ManifestsRepaired: 0,
      MembersOffloaded: 0,
    });
    expect(lines.some((line) => line.CacheMisses === 1)).toBe(true);
  });

  test('tell of invocations that went on without the store', async () => {
    const lines = collect();
    const rig = testShim();
    rig.fail({ moment: 'before', code: 'STORE_TIMEOUT' });
    await rig.shim.wrap((event) => ({ ...event }))(fatBag());
    expect(lines.find((line) => 'FailOpens' in line)).toMatchObject({ FailOpens: 1, code: 'STORE_TIMEOUT' });
  });

  test('hold no user data', async () => {
    const lines = collect();
    await testShim({ budget: { limitBytes: 5_000, headroomBytes: 0 } }).shim.wrap((event) => ({ ...event }))(
      fatBag({ current_state: { secret: 'hunter2'.repeat(900) } }),
    );
    expect(lines.length).toBeGreaterThan(3);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  test('end when they are stopped', async () => {
    const lines = collect();
    stop?.();
    await testShim().shim.wrap((event) => ({ ...event }))(fatBag());
    expect(lines).toEqual([]);
  });
});
