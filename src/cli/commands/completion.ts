import { defineCommand } from '../command.js';
import { EXIT } from '../exit-code.js';
import { print } from '../io.js';
import { bareParser } from '../parser.js';

export const command = defineCommand({
  usage: '',
  positionals: { min: 0, max: 0 },
  builder: {},
  examples: [
    ['for bash, from the next shell on', 'statebag completion >> ~/.bashrc'],
    ['for zsh', 'statebag completion >> ~/.zshrc'],
  ],
  notes: ['The script is for the shell that the environment variable SHELL names: bash, zsh or fish.'],
  handler: async (_, io) => {
    await print(io.stdout, await completionScript());
    return EXIT.ok;
  },
});

/** For the shell that `SHELL` names: bash, zsh or fish. */
async function completionScript(): Promise<string> {
  let script = '';
  await bareParser()
    .completion('completion')
    .parseAsync(['completion'], {}, (_error, _argv, output) => {
      script = output;
    });
  return `${script}\n`;
}
