import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { optionalWord } from '../../command-line/option.js';
import { config, takesSettings, talk } from '../../command-line/shared-options.js';

export const stop = defineCommand({
  name: 'stop',
  summary: 'stop a run in order, wherever it goes on',
  description:
    'Has the process that works on a run stop as by Ctrl-C, resumable, and waits for its end. Without RUN: the run that ' +
    'is being worked on, if only one is. The process is known by its start, so that nobody else is ever signalled; one of another host that shares the run directory is asked. With --store: every machine that works on the run.',
  options: { run: optionalWord('[RUN]'), config, settings: takesSettings('run_dir', 'store.url'), ...talk },
  examples: ['skyflow-supervise stop', 'skyflow-supervise stop 20260102T030405Z-1a2b3c4d'],
});

export type StopCommand = GivenTo<typeof stop>;
