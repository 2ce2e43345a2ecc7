import { optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { dynamodbOptions } from './dynamodb-options.js';
import { layoutOptions } from './layout-options.js';
import { outputOptions } from './output-options.js';
import { concurrencyOptions } from './run-options.js';
import { storeOptions } from './store-options.js';
import { surveyOptions } from './survey-options.js';

export const gcOptions = {
  ...optionGroup('What to do', {
    apply: { type: 'boolean', describe: 'delete; without it everything is computed and nothing deleted' },
    journal: {
      type: 'string',
      multiple: true,
      value: 'DIR',
      describe: 'journal whose rollback and verify are to stay possible',
    },
  }),
  ...optionGroup('How long a blob is kept that nothing points to (the sum of the three)', {
    execution: { type: 'string', value: 'TIME', describe: 'the longest that an execution may run (default 366d)' },
    redrive: { type: 'string', value: 'TIME', describe: 'how long a failed one may be redriven (default 14d)' },
    audit: { type: 'string', value: 'TIME', describe: 'how long somebody may want to see what ran (default 90d)' },
  }),
  ...surveyOptions,
  ...storeOptions,
  ...dynamodbOptions,
  ...concurrencyOptions,
  ...layoutOptions,
  ...outputOptions,
};

export type GcArguments = CommandArguments<typeof gcOptions>;
