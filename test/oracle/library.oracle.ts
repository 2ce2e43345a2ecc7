import { describe } from 'vitest';
import { plainCases, readCases, workflowCases, wrapCases } from './inputs/library.js';
import { mutatedShapes } from './inputs/mutate.js';
import { shadowCases } from './inputs/shadow.js';
import { corpusShapes, fixtureShapes, fleetShapes } from './inputs/shapes.js';
import { compareCalls } from './oracle.js';

const fleet = fleetShapes(3);
const fixtures = fixtureShapes();
const corpus = corpusShapes();
const mutated = mutatedShapes([...fleet, ...fixtures], 150);
const all = [...fleet, ...fixtures, ...mutated, ...corpus];

describe('the library answers as release 0.1.0 did', () => {
  compareCalls([
    ...wrapCases(all, 2),
    ...readCases(all),
    ...plainCases(all),
    ...workflowCases([...fleet, ...fixtures]),
    ...shadowCases(),
  ]);
});
