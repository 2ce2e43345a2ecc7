import { RawJson } from '../src/bag/document.js';
import { CONFIG, CONFIG_PATH } from '../src/bag/members.js';
import type { Migration } from '../src/bag/migration.js';
import { placePath } from './place-path.js';

/** After: no `workflow_config`; `workflow_config_s3_path` at its place when there was a value. */
export const pointWorkflowConfig: Migration = {
  id: '0002-point-workflow-config',
  description: 'replace workflow_config by the path of its blob',
  up: (bag, { claims }) => {
    placePath(bag, CONFIG, CONFIG_PATH, claims.config?.uri);
  },
  down: (bag, { config }) => {
    if (config && bag.has(CONFIG_PATH)) bag.replace(CONFIG_PATH, [{ name: CONFIG, value: new RawJson(config) }]);
  },
};
