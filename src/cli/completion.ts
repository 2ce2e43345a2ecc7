import { COMMANDS } from './command-list.js';
import { bareParser, commandParser } from './parser.js';

/** What may stand where the last of the words stands, one a line. The first word is the program's name. */
export async function completions(words: readonly string[]): Promise<string> {
  const listed = words.length > 2 ? COMMANDS.find(({ name }) => name === words[1]) : undefined;
  const parser = listed ? commandParser((await listed.load()).command) : commandsParser();
  const found = await parser.getCompletion(words);
  return found.map((word) => `${word}\n`).join('');
}

/** The command that was perhaps meant: `Did you mean migrate?`. Empty when none comes near. */
export async function recommendation(name: string): Promise<string> {
  let said = '';
  const parser = commandsParser().recommendCommands();
  parser.fail((message) => {
    said = message;
  });
  await parser.parseAsync([name]);
  return said;
}

function commandsParser() {
  return COMMANDS.reduce((parser, { name, describe }) => parser.command(name, describe), bareParser());
}
