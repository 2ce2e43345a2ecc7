import { describe } from 'vitest';
import { mutatedShapes } from './inputs/mutate.js';
import { corpusRows, executions, fleetFunctions, rowCircle, s3Circle } from './inputs/servers.js';
import { corpusShapes, fixtureShapes, fleetShapes, turnFor } from './inputs/shapes.js';
import { compareCommands } from './oracle.js';

const fleet = fleetShapes(1);
const fixtures = fixtureShapes();
const some = [...fleet, ...fixtures.filter(({ title }) => turnFor(title) % 4 === 0)];

describe('S3, DynamoDB and Step Functions hold what release 0.1.0 left there', () => {
  compareCommands([
    ...some.map((shape) => s3Circle(shape, turnFor(shape.title) % 2 === 0 ? [] : ['--to', 'bridge'])),
    ...[...some, ...mutatedShapes(some, 20)].flatMap(
      (shape) => rowCircle(shape, turnFor(shape.title) % 3 === 0 ? ['--to', 'lean'] : []) ?? [],
    ),
    ...corpusRows(),
    ...executions([...fleet, ...corpusShapes().filter(({ title }) => turnFor(title) % 12 === 0)]),
    ...fleetFunctions(fleet),
    ...fleetFunctions(fixtures.slice(0, 12)),
  ]);
});
