import { chooseAction } from '../choose-action.js';
import { defineCommand } from '../command.js';
import { collectRun } from '../fleet/collect-run.js';
import { fleetOptions } from '../fleet/fleet-options.js';
import type { FleetArguments } from '../fleet/fleet-options.js';
import { manifestOut } from '../fleet/manifest-out.js';
import { planOut } from '../fleet/plan-out.js';
import type { CliIo } from '../io.js';

type Action = (specs: readonly string[], args: FleetArguments, io: CliIo) => Promise<number>;

const ACTIONS: Readonly<Record<string, Action>> = { plan: planOut, manifest: manifestOut, collect: collectRun };

export const command = defineCommand({
  usage: 'plan|manifest|collect [SOURCE…|REPORT…]',
  positionals: { min: 1, max: Infinity },
  builder: fleetOptions,
  examples: [
    ['what each engine would take', 'statebag fleet plan s3://my-bucket/paused/ --store s3://my-bucket/bags'],
    [
      'a manifest for S3 Batch Operations, of what a census found',
      'statebag inspect s3://my-bucket/paused/ --json > census.json; statebag fleet manifest --census census.json --out manifest.csv',
    ],
    [
      'one for a Distributed Map, from an inventory',
      'statebag fleet manifest --inventory s3://my-inventory/…/manifest.json --out manifest.jsonl',
    ],
    [
      'a journal of what a job or a Map Run has done',
      'statebag fleet collect s3://my-bucket/reports/job-1/manifest.json --records s3://my-bucket/records --store s3://my-bucket/bags --journal fleet-journal',
    ],
  ],
  notes: [
    'plan: reads a sample and writes nothing. Its prices and rates are list prices and default quotas; --prices FILE has your own.',
    'collect: then status, report, verify, rollback and migrate --only-failed work with that journal. It may be run again, while the fleet works and afterwards.',
  ],
  handler: fleetCommand,
});

async function fleetCommand(args: FleetArguments, io: CliIo): Promise<number> {
  const [name = '', ...specs] = args.positionals;
  return chooseAction('fleet', name, ACTIONS)(specs, args, io);
}
