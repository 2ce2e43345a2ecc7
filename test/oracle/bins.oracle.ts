import { describe } from 'vitest';
import { circle, filters } from './inputs/commands.js';
import { fixtureShapes, fleetShapes, turnFor } from './inputs/shapes.js';
import { compareCommands } from './oracle.js';

const shapes = [
  ...fleetShapes(1).filter(({ title }) => turnFor(title) % 3 === 0),
  ...fixtureShapes().filter(({ title }) => turnFor(title) % 16 === 0),
];

describe('the shipped command line does what that of release 0.1.0 did', () => {
  compareCommands(
    shapes.flatMap((shape) =>
      [circle(shape, turnFor(shape.title) % 2 === 0 ? [] : ['--to', 'bridge']), filters(shape)].map((input) => ({
        ...input,
        kind: 'processes of the shipped command line',
        title: `process: ${input.title}`,
        isProcess: true,
      })),
    ),
  );
});
