import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { anyWords, type Option } from '../../command-line/option.js';
import { config, settings, talk, yes } from '../../command-line/shared-options.js';

const words = anyWords('[forget RUN...]');

/** The runs to be forgotten; none: the runs are listed. */
const forgotten: Option<readonly string[]> = {
  ...words,
  read: (given) => {
    const [verb, ...named] = words.read(given);
    if (verb === undefined) return [];
    if (verb !== 'forget') throw given.refusal('runs lists runs; besides there is runs forget RUN');
    if (named.length === 0) throw given.refusal('runs forget needs the name of a run');
    return named;
  },
};

export const runs = defineCommand({
  name: 'runs',
  summary: 'list runs: how far, how they ended, what comes next',
  description:
    'Lists the runs of the run directory: when, of which vaults, how far they came, how they ended, and the command that ' +
    'comes next. runs forget RUN deletes a run; a note of what it loaded stays, so that it is not loaded twice.',
  options: { forgotten, config, settings: settings('run_dir'), yes, ...talk },
  examples: ['skyflow-supervise runs', 'skyflow-supervise runs forget 20260102T030405Z-1a2b3c4d'],
});

export type RunsCommand = GivenTo<typeof runs>;
