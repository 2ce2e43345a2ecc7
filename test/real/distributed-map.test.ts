import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fleetSettings } from '../../src/fleet/lambda/environment.js';
import { openFleet } from '../../src/fleet/lambda/fleet.js';
import { createMapHandler } from 'statebag-shim/lambda/map-item';
import type { MapEvent } from 'statebag-shim/lambda/map-item';
import { s3ObjectStore } from 'statebag-shim/s3';
import { smallBag } from '../cli/fleet-dir.js';
import { AMPLE } from '../lambda/census.js';
import { parseEndpoints } from './endpoints.js';

/** Of the servers only moto speaks Step Functions. */
const endpoint = parseEndpoints(process.env.STATEBAG_TEST_S3_ENDPOINT).find(({ name }) => name === 'moto')?.url;

type State = Readonly<Record<string, unknown>>;

/**
 * The machine as it is deployed, but for what moto 5.2 does not know: the JSON Lines and inventory readers, batches
 * (here one item each), and results in a ResultWriter's files.
 */
function definition(): string {
  const text = readFileSync(new URL('../../deploy/fleet/migrate.asl.json', import.meta.url), 'utf8').replaceAll(
    '${MapFunctionArn}',
    'arn:aws:lambda:us-east-1:123456789012:function:map',
  );
  const machine = JSON.parse(text) as { readonly States: Readonly<Record<string, State>> };
  const csv = machine.States.MigrateCsv as State & { readonly ItemBatcher: { readonly BatchInput: object } };
  const selector = { 'Items.$': 'States.Array($$.Map.Item.Value)', BatchInput: csv.ItemBatcher.BatchInput };
  const known = { ...csv, ItemSelector: selector, ItemBatcher: undefined, ResultWriter: undefined };
  const unknown = { Type: 'Pass', End: true };
  return JSON.stringify({
    ...machine,
    States: { ...machine.States, MigrateManifest: unknown, MigrateInventory: unknown, MigrateCsv: known },
  });
}

describe.skipIf(endpoint === undefined)('a Distributed Map on moto', () => {
  const at = { endpoint: endpoint ?? '', region: 'us-east-1' };
  const client = new SFNClient(at);
  const objects = s3ObjectStore(at);
  const bucket = `statebag-${randomUUID()}`;
  const keys = ['bags/a b+c.json', 'bags/ä,"d".json', 'bags/e.json'];

  beforeAll(async () => {
    // Its functions answer with their event.
    await fetch(`${at.endpoint}/moto-api/config`, {
      method: 'POST',
      body: JSON.stringify({ stepfunctions: { execute_state_machine: true }, lambda: { use_docker: false } }),
    });
    const s3 = new S3Client({ ...at, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    s3.destroy();
    for (const key of keys) await objects.put({ bucket, key }, Buffer.from(smallBag({ workflowId: key })));
    const rows = keys.map((key) => `"${bucket}","${encodeURIComponent(key)}"\n`);
    await objects.put({ bucket, key: 'manifest.csv' }, Buffer.from(rows.join('')));
  });
  afterAll(() => {
    client.destroy();
  });

  it('reads the manifest, and gives each item to the function as it takes it', async () => {
    const { stateMachineArn } = await client.send(
      new CreateStateMachineCommand({
        name: `fleet-${Date.now()}`,
        definition: definition(),
        roleArn: 'arn:aws:iam::123456789012:role/fleet',
      }),
    );
    const input = JSON.stringify({
      reader: 'csv',
      bucket,
      key: 'manifest.csv',
      concurrency: 2,
      toleratedFailurePercentage: 5,
    });
    const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, name: 'night', input }));
    const { status, output } = await vi.waitFor(
      async () => {
        const described = await client.send(new DescribeExecutionCommand({ executionArn }));
        expect(described.status).not.toBe('RUNNING');
        return described;
      },
      { timeout: 30_000, interval: 200 },
    );
    expect(status).toBe('SUCCEEDED');
    const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events.map(({ type }) => type)).toContain('MapRunSucceeded');

    const fleet = await openFleet(
      fleetSettings({
        STATEBAG_STORE: `s3://${bucket}/blobs`,
        STATEBAG_RECORDS: `s3://${bucket}/records`,
        STATEBAG_ENDPOINT: at.endpoint,
        STATEBAG_REGION: at.region,
      }),
    );
    const handler = createMapHandler(() => Promise.resolve(fleet));
    const invocations = JSON.parse(output ?? '') as readonly MapEvent[];
    for (const event of invocations) expect(await handler(event, AMPLE)).toMatchObject({ counts: { migrated: 1 } });
    for (const key of keys)
      expect(Buffer.from((await objects.get({ bucket, key })).bytes).toString()).toContain('"state_bag_version":2');
  });
});
