import { describe } from 'vitest';
import { mutatedShapes } from './inputs/mutate.js';
import { corpusRows, executions, fleetFunctions, rowCircle, s3Circle } from './inputs/servers.js';
import { corpusShapes, fixtureShapes, fleetShapes } from './inputs/shapes.js';
import { compareCommands } from './oracle.js';

const fleet = fleetShapes(1);
const fixtures = fixtureShapes();
const some = [...fleet, ...fixtures.filter((_, at) => at % 4 === 0)];

describe('S3, DynamoDB and Step Functions hold what release 0.1.0 left there', () => {
  compareCommands([
    ...some.map((shape, at) => s3Circle(shape, at % 2 === 0 ? [] : ['--to', 'bridge'])),
    ...[...some, ...mutatedShapes(some, 20)].flatMap(
      (shape, at) => rowCircle(shape, at, at % 3 === 0 ? ['--to', 'lean'] : []) ?? [],
    ),
    ...corpusRows(),
    ...executions([...fleet, ...corpusShapes().filter((_, at) => at % 12 === 0)]),
    ...fleetFunctions(fleet),
    ...fleetFunctions(fixtures.slice(0, 12)),
  ]);
});
