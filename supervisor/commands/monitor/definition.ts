import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { onOff, optionalWord, type Option } from '../../command-line/option.js';
import { page } from '../../command-line/page-option.js';
import { config, takesSettings, talk } from '../../command-line/shared-options.js';

const once: Option<boolean> = {
  ...onOff('--once', 'Show it once and end; --json does so too.'),
  read: (words) => words.on('--once') || words.on('--json'),
};

export const monitor = defineCommand({
  name: 'monitor',
  summary: 'watch a run from another terminal',
  description:
    "Shows a run's vaults, the machine, the processes, and what limits it. Without RUN: the newest run that " +
    'is being worked on. q or Ctrl-C ends the watching, never the run.',
  options: {
    run: optionalWord('[RUN]'),
    config,
    settings: takesSettings('run_dir', 'store.url'),
    once,
    page,
    ...talk,
  },
  conflicts: [
    ['--web', '--once'],
    ['--web', '--json'],
  ],
  examples: [
    'skyflow-supervise monitor',
    'skyflow-supervise monitor --once --json',
    'skyflow-supervise monitor --web',
  ],
});

export type MonitorCommand = GivenTo<typeof monitor>;
