import { describe } from 'vitest';
import { fleets } from './inputs/commands.js';
import { schemas, stateMachines, usage } from './inputs/others.js';
import { fixtureShapes, fleetShapes } from './inputs/shapes.js';
import { compareCommands } from './oracle.js';

/** The commands that `statebag --help` of release 0.1.0 lists. */
const COMMANDS =
  'inspect migrate verify rollback status report can-contract gc segment hydrate adapt seal runtime-proxy validate asl schema fleet completion'.split(
    ' ',
  );

describe('commands over many documents do what release 0.1.0 did', () => {
  compareCommands([...fleets(fleetShapes(1)), ...fleets(fixtureShapes().slice(0, 12))]);
});

describe('state machines, schemas and command lines are judged as release 0.1.0 judged them', () => {
  compareCommands([...stateMachines(), ...schemas(), ...usage(COMMANDS)]);
});
