import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { optionalWord } from '../../command-line/option.js';
import {
  chosenVaults,
  config,
  maxParallelVaults,
  newRun,
  out,
  precount,
  takesSettings,
  settingsOfLoad,
  talk,
} from '../../command-line/shared-options.js';
import { checkConflicts } from '../load/definition.js';

const shown = optionalWord('[FILE]');

export const plan = defineCommand({
  name: 'plan',
  summary: 'what a load would do, to be approved before',
  description:
    'Looks at everything that check looks at, and says what a load with these flags would do: inputs with fingerprints, ' +
    'targets, every setting with where it comes from, versions, requests, hours, disk, look-ups, and what is refused or risky. ' +
    'load --plan FILE then loads that and nothing else. With FILE: shows a plan that was made.',
  options: {
    vaults: chosenVaults,
    config,
    precount,
    checkConflicts,
    newRun,
    maxParallelVaults,
    settings: takesSettings(...settingsOfLoad),
    out,
    shown: {
      ...shown,
      read: (words) => {
        const file = shown.read(words);
        if (file !== undefined && words.says('--out'))
          throw words.refusal('a plan is either made (--out FILE) or shown (plan FILE)');
        return file;
      },
    } satisfies typeof shown,
    ...talk,
  },
  examples: ['skyflow-supervise plan --out weekend.plan.json', 'skyflow-supervise plan weekend.plan.json'],
});

export type PlanCommand = GivenTo<typeof plan>;
