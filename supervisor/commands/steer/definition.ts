import { rateKeys } from '../../../src/rates/rates.js';
import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { onOff, optionalWord } from '../../command-line/option.js';
import { config, takesSettings, talk } from '../../command-line/shared-options.js';

const common = {
  run: optionalWord('[RUN]'),
  config,
  settings: takesSettings('run_dir', 'store.url'),
  ...talk,
};
const rates = rateKeys.map((key) => `performance.${key}`);
const without = 'Without RUN: the run that is being worked on, if only one is.';

export const pause = defineCommand({
  name: 'pause',
  summary: 'have a run send nothing more until `go`',
  description:
    'What is on its way comes to its end; nothing new is begun, look-ups included, in any of its vaults, until `go`: also ' +
    `after a resume. The run keeps its processes and its place in the source. ${without}`,
  options: common,
  examples: ['skyflow-supervise pause', 'skyflow-supervise pause 20260102T030405Z-1a2b3c4d'],
});

export const go = defineCommand({
  name: 'go',
  summary: 'have a paused run go on',
  description: `The end of \`pause\`. ${without}`,
  options: common,
  examples: ['skyflow-supervise go'],
});

export const pace = defineCommand({
  name: 'pace',
  summary: 'give a run other rates while it goes on',
  description:
    'Rates of every vault, or with share_limits of all of them together, instead of those of the configuration and of ' +
    `pace_windows, until others are asked for: also after a resume. ${without}`,
  options: {
    ...common,
    settings: takesSettings('run_dir', 'store.url', ...rates),
    asConfigured: onOff('--as-configured', 'The rates of the configuration again.', { group: 'speed' }),
  },
  conflicts: takesSettings(...rates).flags.map(({ name }) => ['--as-configured', name] as const),
  examples: [
    'skyflow-supervise pace --max-requests-per-second 20',
    'skyflow-supervise pace 20260102T030405Z-1a2b3c4d --as-configured',
  ],
});

export type PauseCommand = GivenTo<typeof pause>;
export type PaceCommand = GivenTo<typeof pace>;
