import type { AttributeMap } from '../src/sources/dynamodb/port.js';
import { parseAttribute } from '../src/sources/dynamodb/attributes.js';
import { makeFleet } from '../examples/fleet/fleet.js';
import { seededRandom } from '../examples/fleet/random.js';
import { startDynamoDbServer } from '../test/fakes/dynamodb-server.js';
import { startS3Server } from '../test/fakes/s3-server.js';
import { TableState } from '../test/fakes/table-state.js';
import { BLOBS, DOCUMENTS, NO_BAG } from './distant.js';
import type { DistantServer, ServerAddress } from './distant.js';
import { scattered } from './fleet-simulation/simulate.js';

/**
 * A process of its own with an S3 and a DynamoDB, so that only its answers take time and not its work. Ends with its
 * standard input.
 */
async function serve({ bags, kind, requestMs }: DistantServer): Promise<void> {
  const latency = scattered(requestMs, seededRandom(5));
  let isFilled = false;
  const s3 = await startS3Server({ buckets: [DOCUMENTS, BLOBS], latency: () => (isFilled ? latency() : 0) });
  const table = new TableState(DOCUMENTS);
  const dynamoDb = await startDynamoDbServer({ tables: [table] });
  for (const { name, bytes } of makeFleet({ seed: 17, ...bags })) {
    if (kind === 'rows') table.put(rowOf(name, bytes));
    else await put(`${s3.endpoint}/${DOCUMENTS}/${name}`, bytes);
  }
  await put(`${s3.endpoint}/${DOCUMENTS}/${NO_BAG}`, Buffer.from('{}'));
  isFilled = true;
  process.stdout.write(`${JSON.stringify({ s3: s3.endpoint, dynamoDb: dynamoDb.endpoint } satisfies ServerAddress)}\n`);
  process.stdin.resume().once('end', () => process.exit(0));
}

function rowOf(name: string, bytes: Uint8Array): AttributeMap {
  return {
    ownerId: { S: `owner-${name.length % 7}` },
    conversation_id: { S: name },
    taskToken: { S: `token-${name}` },
    ttl: { N: '4925432000' },
    context: parseAttribute(bytes),
  };
}

async function put(url: string, body: Uint8Array): Promise<void> {
  const { ok, status } = await fetch(url, { method: 'PUT', body });
  if (!ok) throw new Error(`${url}: ${status}`);
}

await serve(JSON.parse(process.argv[2]!) as DistantServer);
