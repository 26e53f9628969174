import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import {
  chosenVaults,
  config,
  maxParallelVaults,
  precount,
  settings,
  settingsOfLoad,
  talk,
} from '../../command-line/shared-options.js';

export const check = defineCommand({
  name: 'check',
  summary: 'whether a load could begin: ticks and crosses',
  description:
    'Looks at configuration, credentials, vaults, source, run directory and machine before a load, with the flags ' +
    'of the load. Inserts nothing. Exits with 0, or with 2 when something would stop the load.',
  options: {
    vaults: chosenVaults,
    config,
    precount,
    maxParallelVaults,
    settings: settings(...settingsOfLoad),
    ...talk,
  },
  examples: ['skyflow-supervise check', 'skyflow-supervise check --vault ssn --data-dir /data/export --json'],
});

export type CheckCommand = GivenTo<typeof check>;
