import { basename } from 'node:path';
import { ConfigError } from '../../errors/index.js';
import { defineCommand } from '../command.js';
import type { CommandArguments, OptionSpecs } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

type Shell = (typeof SHELLS)[number];

/** By `SHELL` yargs decides whether descriptions follow the words. The shell that runs the script counts. */
const CALL = (shell: Shell) => `SHELL=${shell} statebag --get-yargs-completions`;

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_statebag_completions() {
  local IFS=$'\\n'
  local word="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=($(compgen -W "$(${CALL('bash')} "\${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)" -- "$word"))
}
complete -o bashdefault -o default -F _statebag_completions statebag`,
  zsh: `_statebag_completions() {
  local -a replies
  replies=("\${(@f)$(${CALL('zsh')} "\${(@)words[1,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$replies" ]]; then
    _describe 'statebag' replies
  else
    _files
  fi
}
compdef _statebag_completions statebag`,
  fish: `complete -c statebag -n 'test -n "(${CALL('fish')} (commandline -opc) (commandline -ct))"' -f
complete -c statebag -a '(${CALL('fish')} (commandline -opc) (commandline -ct))'`,
};

export const command = defineCommand({
  positionals: [
    { usage: '[SHELL]', describe: 'bash, zsh or fish; without it, the shell that $SHELL names', choices: SHELLS },
  ],
  options: {},
  examples: [
    ['for bash, from the next shell on', 'statebag completion bash >> ~/.bashrc'],
    ['for zsh', 'statebag completion zsh >> ~/.zshrc'],
    ['for fish', 'statebag completion fish > ~/.config/fish/completions/statebag.fish'],
  ],
  notes: ['The script completes commands, options, values of options that are a choice, and files.'],
  handler: completionCommand,
});

async function completionCommand(
  { positionals: [given] }: Pick<CommandArguments<OptionSpecs>, 'positionals'>,
  io: CliIo,
): Promise<number> {
  await print(io.stdout, completionScript(given === undefined ? loginShell(io) : parseShell(given)));
  return EXIT.ok;
}

function parseShell(given: string): Shell {
  const shell = SHELLS.find((known) => known === given);
  if (shell) return shell;
  throw new ConfigError('USAGE', `there are scripts for ${SHELLS.join(', ')}, not for "${given}"`);
}

/** Other shells that read functions read those of bash. */
function loginShell({ env }: CliIo): Shell {
  return SHELLS.find((known) => known === basename(env.SHELL ?? '')) ?? 'bash';
}

/** Completes by calling this program with the words so far. */
function completionScript(shell: Shell): string {
  return `###-begin-statebag-completions-###\n${SCRIPTS[shell]}\n###-end-statebag-completions-###\n`;
}
