import { parseArgs } from 'node:util';
import { migrate, Pace, rollback, verify } from 'statebag-shim/run';

/*
 * A program of your own instead of a shell script: migrates a directory, verifies what was written, and undoes the
 * whole run when one document is not what it should be.
 *
 *   node nightly.js bags/ --store ./store --journal ./journal
 */
const { positionals: sources, values } = parseArgs({
  allowPositionals: true,
  options: { store: { type: 'string', default: './store' }, journal: { type: 'string', default: './journal' } },
});
const { store, journal } = values;

// Few at a time while people work, more at night; it may change while the run goes on.
const pace = new Pace(new Date().getHours() < 6 ? 32 : 4);
const stop = new AbortController();
process.once('SIGTERM', () => {
  stop.abort();
});

const migrated = await migrate(
  { sources, store, journal, apply: true },
  {
    pace,
    stop: stop.signal,
    onOutcome: ({ id, outcome, code }) => {
      if (outcome === 'failed' || outcome === 'quarantined') process.stderr.write(`${outcome}  ${id}  ${code ?? ''}\n`);
    },
  },
);
process.stdout.write(`migrated ${migrated.totals.migrated} of ${migrated.totals.documents}\n`);
const { failed, quarantined, containersFailed } = migrated.totals;
const left = failed + quarantined + containersFailed + migrated.inventory.unreadable;

const verified = await verify({ journal });
// A source that was overwritten cannot be compared any more, and such a document must not be rolled back for it.
const { documents, verified: good, failed: wrong, moved, resumed, overwritten } = verified.totals;
process.stdout.write(`verified ${good} of ${documents}\n`);
if (wrong + moved > 0) {
  const undone = await rollback({ journal, apply: true });
  process.stdout.write(`rolled back ${undone.totals.rolledBack} of ${undone.totals.documents}\n`);
  process.exitCode = 1;
} else if (!migrated.complete || left > 0 || good + resumed + overwritten < documents) process.exitCode = 1;
