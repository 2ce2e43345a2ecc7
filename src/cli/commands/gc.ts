import { collectGarbage } from '../../run/gc.js';
import type { CollectReport } from '../../run/gc.js';
import { parseDuration } from '../../run/collect.js';
import type { BlobOutcome, Retention } from '../../run/collect.js';
import { defineCommand } from '../command.js';
import { formatCommandLine } from '../command-line.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { gcOptions } from '../options/gc-options.js';
import type { GcArguments } from '../options/gc-options.js';
import { tableSettings } from '../options/dynamodb-options.js';
import { layoutSettings } from '../options/layout-settings.js';
import { outputSettings } from '../options/output-options.js';
import { concurrencySetting } from '../options/run-options.js';
import { requireStore } from '../options/store-options.js';
import { paintFor } from '../reporters/colours.js';
import { garbageFindings, garbageReport, garbageRows } from '../reporters/garbage-figures.js';
import type { Garbage } from '../reporters/garbage-figures.js';
import { formatTable } from '../reporters/table.js';
import { watchSignals } from '../watch-signals.js';

export const command = defineCommand({
  usage: '--store S SOURCE…',
  positionals: { min: 1, max: Infinity },
  builder: gcOptions,
  examples: [
    [
      'what could go; nothing is deleted',
      'statebag gc --store s3://my-bucket/bags s3://my-bucket/paused/ sfn://$ARN --journal statebag-journal',
    ],
    [
      'let it go',
      'statebag gc --store s3://my-bucket/bags s3://my-bucket/paused/ sfn://$ARN --journal statebag-journal --apply',
    ],
  ],
  notes: [
    'A blob goes when no source, no journal and no other blob names its digest, and when nobody has written or reused it for the time given.',
    'Name every place where bags are. When any of it was not looked at, nothing is deleted (exit 1): a source without documents,',
    'a file that is not read because of its name, a link to nothing, anything unreadable. --allow-empty is for empty sources only.',
    'Of a directory its *.json, *.ndjson and *.jsonl are read, in any case of letters; a glob reads whatever it matches.',
    'Only keys of the layout that hold a digest are looked at; everything else in the store stays.',
  ],
  handler: gc,
});

async function gc(args: GcArguments, io: CliIo): Promise<number> {
  const signals = watchSignals(io);
  try {
    const garbage = await collectAll(args, signals.stop, io);
    const { json, colour } = outputSettings(args.options, io);
    const text = json
      ? `${JSON.stringify(garbageReport(garbage))}\n`
      : (await formatTable(garbageRows(garbage))) +
        garbageFindings(garbage).format(io.cwd, (await paintFor(colour)).bad);
    await print(io.stdout, text);
    const { report } = garbage;
    if (!args.options.quiet) io.stderr.write(formatHint(report, formatCommandLine(args.given, '--apply')));
    return report.blind.length + report.failed > 0 || signals.stop.aborted ? EXIT.findings : EXIT.ok;
  } finally {
    signals.release();
  }
}

async function collectAll(
  { positionals, options: values }: GcArguments,
  stop: AbortSignal,
  io: CliIo,
): Promise<Garbage> {
  const layout = layoutSettings(values);
  const blobs: BlobOutcome[] = [];
  const request = {
    sources: positionals,
    store: requireStore(values, layout),
    tables: tableSettings(values),
    layout,
    concurrency: concurrencySetting(values),
    apply: values.apply,
    journals: values.journal,
    retention: readRetention(values),
    allowEmpty: values['allow-empty'],
  };
  const report = await collectGarbage(request, { stop, context: io, onOutcome: (blob) => void blobs.push(blob) });
  return { report, blobs };
}

function readRetention(values: GcArguments['options']): Partial<Retention> {
  const names = ['execution', 'redrive', 'audit'] as const;
  return Object.fromEntries(
    names.flatMap((name) => (values[name] === undefined ? [] : [[name, parseDuration(name, values[name])]])),
  );
}

function formatHint({ blind, applied }: CollectReport, line: string): string {
  if (blind.length > 0)
    return 'statebag: not proven what is garbage, nothing was deleted; see docs/errors.md for each code, then run it again\n';
  return applied ? '' : `statebag: this was a dry run, nothing was deleted; to delete: ${line}\n`;
}
