import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { roundTripText } from './round-trip.js';

/* What a user writes for a file of bags: `node round-trip-lines.js INPUT OUTPUT`. */

const [input, output] = process.argv.slice(2);
const target = createWriteStream(output!);
for await (const line of createInterface({ input: createReadStream(input!), crlfDelay: Infinity })) {
  const { text } = roundTripText(line);
  if (!target.write(`${text}\n`)) await once(target, 'drain');
}
target.end();
await finished(target);
