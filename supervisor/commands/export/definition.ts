import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { anyWords } from '../../command-line/option.js';
import { config, takesSettings, talk } from '../../command-line/shared-options.js';

export const exportRuns = defineCommand({
  name: 'export',
  summary: 'write runs of a store out as run directories',
  description:
    'Makes a run directory of each run: its record, journals and error logs as the store holds them now. Entries of error ' +
    'logs are in clear only where the directory has the key that they were sealed to.',
  options: { runs: anyWords('RUN...'), config, settings: takesSettings('run_dir', 'store.url'), ...talk },
  examples: ['skyflow-supervise export 20260102T030405Z-1a2b3c4d'],
});

export type ExportCommand = GivenTo<typeof exportRuns>;
