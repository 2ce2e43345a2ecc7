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
