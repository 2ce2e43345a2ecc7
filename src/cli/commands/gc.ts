import { collectGarbage } from '../collect-garbage.js';
import type { Garbage } from '../collect-garbage.js';
import { defineCommand } from '../command.js';
import { formatCommandLine } from '../command-line.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { gcOptions } from '../options/gc-options.js';
import type { GcArguments } from '../options/gc-options.js';
import { outputSettings } from '../options/output-options.js';
import { paintFor } from '../reporters/colours.js';
import { garbageFindings, garbageReport, garbageRows } from '../reporters/garbage-figures.js';
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
    const garbage = await collectGarbage(args, signals.stop, io);
    const { json, colour } = outputSettings(args.options, io);
    const text = json
      ? `${JSON.stringify(garbageReport(garbage))}\n`
      : (await formatTable(garbageRows(garbage))) +
        garbageFindings(garbage).format(io.cwd, (await paintFor(colour)).bad);
    await print(io.stdout, text);
    const { collection } = garbage;
    if (!args.options.quiet) io.stderr.write(hintOf(garbage, formatCommandLine(args.given, '--apply')));
    return collection.blind.length + collection.failed > 0 || signals.stop.aborted ? EXIT.findings : EXIT.ok;
  } finally {
    signals.release();
  }
}

function hintOf({ collection: { blind }, isApplied }: Garbage, line: string): string {
  if (blind.length > 0)
    return 'statebag: not proven what is garbage, nothing was deleted; see docs/errors.md for each code, then run it again\n';
  return isApplied ? '' : `statebag: this was a dry run, nothing was deleted; to delete: ${line}\n`;
}
