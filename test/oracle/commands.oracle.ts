import { describe } from 'vitest';
import { circle, filters, reading } from './inputs/commands.js';
import { mutatedShapes } from './inputs/mutate.js';
import { corpusShapes, fixtureShapes, fleetShapes, turnFor } from './inputs/shapes.js';
import { compareCommands } from './oracle.js';

const fleet = fleetShapes(1);
const fixtures = fixtureShapes();
const corpus = corpusShapes();
const mutated = mutatedShapes([...fleet, ...fixtures], 40);

describe('commands over one document do what release 0.1.0 did', () => {
  compareCommands([
    ...[...fleet, ...fixtures].flatMap((shape) => [circle(shape), circle(shape, ['--to', 'bridge'])]),
    ...fixtures
      .filter(({ title }) => turnFor(title) % 3 === 0)
      .map((shape) => circle(shape, ['--manifest', 'envelope'])),
    ...[...fleet, ...fixtures].flatMap((shape) => [reading(shape), filters(shape)]),
    ...corpus
      .filter(({ title }) => turnFor(title) % 3 === 0)
      .map((shape) => circle(shape, turnFor(shape.title) % 2 === 0 ? [] : ['--to', 'bridge'])),
    ...corpus.filter(({ title }) => turnFor(title) % 6 === 1).flatMap((shape) => [reading(shape), filters(shape)]),
    ...mutated.flatMap((shape) => [circle(shape), reading(shape), filters(shape)]),
  ]);
});
