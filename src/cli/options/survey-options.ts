import { optionGroup } from '../command.js';

/** For commands that read every document of their sources and write to none. */
export const surveyOptions = optionGroup('What to look for', {
  'allow-empty': { type: 'boolean', describe: 'a source, file or object without documents is not a mistake' },
});
