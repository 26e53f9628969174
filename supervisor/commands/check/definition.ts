import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { onOff } from '../../command-line/option.js';
import {
  chosenVaults,
  config,
  maxParallelVaults,
  precount,
  takesSettings,
  settingsOfLoad,
  talk,
} from '../../command-line/shared-options.js';

export const check = defineCommand({
  name: 'check',
  summary: 'check whether a load could begin: ticks and crosses',
  description:
    'Looks at configuration, credentials, vaults, source, run directory and machine before a load, with the flags ' +
    'of the load. Inserts nothing, except for --probe. Exits with 0, or with 2 when something would stop the load.',
  options: {
    vaults: chosenVaults,
    config,
    precount,
    maxParallelVaults,
    probe: onOff(
      '--probe',
      'Insert a record or two into each test vault (allow_destructive) to see whether and in which form it keeps tokens; they are deleted again.',
    ),
    settings: takesSettings(...settingsOfLoad),
    ...talk,
  },
  examples: ['skyflow-supervise check', 'skyflow-supervise check --vault ssn --data-dir /data/export --json'],
});

/** Of other commands that check first as well: they insert nothing. */
export type CheckCommand = Omit<GivenTo<typeof check>, 'probe'> & { readonly probe?: boolean };
