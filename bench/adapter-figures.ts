import { benchAdapter } from './adapter.js';
import type { Figure } from './figure.js';

/** What the adapter costs, held against its targets. */
export async function adapterFigures(rounds: number): Promise<readonly Figure[]> {
  const { recognise, miss, hit, missOverHit, warmStoreCalls } = await benchAdapter(rounds);
  const remark = `${miss.toFixed(2)} ms for a config and map not met before, ${hit.toFixed(2)} ms for known ones`;
  return [
    { bench: 'adapter', what: 'recognise a lean bag', value: recognise, unit: 'ns', target: { atMost: 1000 } },
    { bench: 'adapter', what: 'offload: miss over hit', value: missOverHit, unit: 'x', target: { atLeast: 5 }, remark },
    {
      bench: 'adapter',
      what: 'store calls of warm invocations',
      value: warmStoreCalls,
      unit: 'count',
      target: { atMost: 0 },
    },
  ];
}
