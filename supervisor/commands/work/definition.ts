import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { onOff } from '../../command-line/option.js';
import { config, takesSettings, settingsOfLoad, talk } from '../../command-line/shared-options.js';

export const work = defineCommand({
  name: 'work',
  summary: 'work on the runs of a store, beside other machines',
  description:
    'Takes parts of any run of the store, each in a process of its own, until it is told to stop. Credentials, places of ' +
    'files and where data may go are those of this machine’s own configuration, never those of the store.',
  options: {
    config,
    settings: takesSettings(...settingsOfLoad),
    drain: onOff('--drain', 'End when nothing is left to be worked on: for jobs of a scheduler.', {
      group: 'machines',
    }),
    ...talk,
  },
  examples: ['skyflow-supervise work', 'skyflow-supervise work --lanes 4 --drain --config config.prod.json'],
});

export type WorkCommand = GivenTo<typeof work>;
