import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { optionalWord } from '../../command-line/option.js';
import { config, settings, talk } from '../../command-line/shared-options.js';

export const report = defineCommand({
  name: 'report',
  summary: "show a run's evidence",
  description:
    'Says who loaded what, where, when and with which settings, and how it ended. Without RUN: of the newest run.',
  options: { run: optionalWord('[RUN]'), config, settings: settings('run_dir', 'store.url'), ...talk },
  examples: ['skyflow-supervise report', 'skyflow-supervise report 20260102T030405Z-1a2b3c4d --json'],
});

export type ReportCommand = GivenTo<typeof report>;
