import { it } from 'vitest';
import { SUBJECTS } from './pair-world.js';
import { BRIDGE, expectNoViolations, LEAN, LEAN_TOO, TIMEOUT } from './pairs.js';

const { file, lines, object, row } = SUBJECTS;

const CASES = [
  ...[file, lines, object, row].map((subject) => ({ subject, runs: [LEAN, BRIDGE] as const })),
  ...[file, object, row].map((subject) => ({ subject, runs: [BRIDGE, LEAN] as const })),
  ...[file, object, row].map((subject) => ({ subject, runs: [LEAN, LEAN_TOO] as const })),
].map((one) => ({ ...one, kinds: one.runs.map(({ target }) => target).join(' and ') }));

const NAME = 'a migration next to one that is killed and run again, $kinds, never mixes $subject.name';

it.each(CASES)(NAME, TIMEOUT, async ({ subject, runs, kinds }) => {
  const title = `${kinds}, the second one killed, ${subject.name}`;
  await expectNoViolations(title, { subject, roles: runs, runs, isMigrated: true, kill: true });
});
