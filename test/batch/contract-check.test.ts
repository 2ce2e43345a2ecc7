import { describe, expect, it } from 'vitest';
import { checkContract } from '../../src/batch/contract-check.js';
import type { ContractCheckOptions, Remainder } from '../../src/batch/contract-check.js';
import type { DocumentSource, SourceContainer, SourceDocument } from '../../src/batch/source.js';
import { ConfigError, StoreError } from 'statebag-shim';
import { smallBag } from '../cli/fleet-dir.js';

const DIGEST = 'ab'.repeat(32);
const LEAN = JSON.stringify({
  state_bag_version: 2,
  ownerId: 'o',
  workflow_config_s3_path: `s3://b/workflow-configs/o/w/${DIGEST}/config.json`,
  partition_map_s3_path: `s3://b/workflow-partitions/o/w/${DIGEST}/partition_map.json`,
});
const BRIDGE = JSON.stringify({
  ownerId: 'o',
  workflowId: 'w',
  segment_to_run: 0,
  workflow_config: { __s3_pointer__: true, bucket: 'b', key: `workflow-configs/o/w/${DIGEST}/config.json` },
});

function container(id: string, documents: () => AsyncIterable<SourceDocument>): SourceContainer {
  return {
    id,
    version: undefined,
    tail: new Uint8Array(),
    documents,
    replace: () => Promise.reject(new Error('nothing is written')),
  };
}

/** One container per text; an error stands for one that cannot be read. */
function sourceOf(items: readonly (string | Error)[], end?: Error): DocumentSource {
  const documentsOf = async function* (item: string | Error, id: string): AsyncIterable<SourceDocument> {
    if (item instanceof Error) throw await Promise.resolve(item);
    yield {
      id,
      line: undefined,
      bytes: Buffer.from(item),
      deadline: { at: '2026-03-01T00:00:00.000Z', why: 'it ends' },
    };
  };
  const containers = async function* (): AsyncIterable<SourceContainer> {
    for (const [at, item] of items.entries())
      yield await Promise.resolve(container(`d${at}`, () => documentsOf(item, `d${at}`)));
    if (end) throw end;
  };
  return { id: 'made-up', containers, container: () => expect.unreachable() };
}

async function check(source: DocumentSource, more: Partial<ContractCheckOptions> = {}) {
  const remainders: Remainder[] = [];
  const options = {
    sources: [source],
    concurrency: 4,
    allowEmpty: false,
    acceptBridge: false,
    onRemainder: (remainder: Remainder) => void remainders.push(remainder),
    ...more,
  };
  return { ...(await checkContract(options)), remainders };
}

describe('the check before contract', () => {
  it('passes when only lean bags and what is no bag are left', async () => {
    const { canContract, generations } = await check(sourceOf([LEAN, '{"a":1}']));
    expect([canContract, generations]).toEqual([true, { fat: 0, bridge: 0, lean: 1, foreign: 1, unknown: 0 }]);
  });

  it('names what is left, why, and until when', async () => {
    const { canContract, remainders } = await check(sourceOf([LEAN, smallBag(), BRIDGE]));
    expect(canContract).toBe(false);
    expect(remainders).toMatchObject([
      { id: 'd1', generation: 'fat', code: 'BAG_FAT', until: { at: '2026-03-01T00:00:00.000Z' } },
      { id: 'd2', generation: 'bridge', code: 'BAG_BRIDGE' },
    ]);
  });

  it('lets bags of the bridge form be when told to', async () => {
    expect((await check(sourceOf([BRIDGE]), { acceptBridge: true })).canContract).toBe(true);
    expect((await check(sourceOf([BRIDGE, smallBag()]), { acceptBridge: true })).remaining).toBe(1);
  });

  it('does not accept a bridge pointer to a key that another run overwrites', async () => {
    const { remainders } = await check(sourceOf([BRIDGE.replace(`${DIGEST}/`, '')]), { acceptBridge: true });
    expect(remainders).toMatchObject([{ generation: 'bridge', code: 'BAG_MUTABLE' }]);
  });

  it('takes whatever it cannot judge for something that is left', async () => {
    const denied = new StoreError('STORE_DENIED', 'no');
    const { remainders } = await check(
      sourceOf(['{"half":', denied, LEAN], new StoreError('STORE_UNAVAILABLE', 'the listing broke off')),
    );
    expect(remainders.map(({ id, generation, code }) => [id, generation, code]).sort()).toEqual([
      ['d0', 'unknown', 'JSON_SYNTAX'],
      ['d1', 'unknown', 'STORE_DENIED'],
      ['made-up', 'unknown', 'STORE_UNAVAILABLE'],
    ]);
  });

  it('says no when it was stopped', async () => {
    const { canContract, remainders } = await check(sourceOf([LEAN]), { stop: AbortSignal.abort() });
    expect([canContract, remainders[0]?.code]).toEqual([false, 'RUN_STOPPED']);
  });

  it('takes an empty source for a slip of the pen unless told otherwise', async () => {
    const empty = sourceOf([], new ConfigError('SOURCE_EMPTY', 'nothing there'));
    await expect(check(empty)).rejects.toMatchObject({ code: 'SOURCE_EMPTY' });
    expect((await check(empty, { allowEmpty: true })).canContract).toBe(true);
  });
});
