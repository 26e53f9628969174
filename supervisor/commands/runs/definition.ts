import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import type { Option } from '../../command-line/option.js';
import { config, dryRun, takesSettings, talk, yes } from '../../command-line/shared-options.js';

/** What is done with the runs. */
export type RunsWish =
  | { readonly verb: 'list' }
  | { readonly verb: 'forget'; readonly named: readonly string[] }
  | { readonly verb: 'prune'; readonly olderThanDays: number };

const age = '--older-than';
const mostDays = 36_500;

const wish: Option<RunsWish> = {
  flags: [
    {
      name: age,
      placeholder: 'DAYS',
      description: 'Of prune: runs that ended so long ago, as in 90d.',
      group: 'own',
    },
  ],
  operands: '[forget RUN... | prune]',
  read: (given) => {
    const [verb, ...named] = given.operands;
    const olderThanDays = given.days(age, 1, mostDays);
    for (const flag of [age, '--dry-run'])
      if (verb !== 'prune' && given.says(flag)) throw given.refusal(`${flag} is for runs prune`);
    if (verb === undefined) return { verb: 'list' };
    if (verb === 'forget') {
      if (named.length === 0) throw given.refusal('runs forget needs the name of a run');
      return { verb, named };
    }
    if (verb !== 'prune')
      throw given.refusal('runs lists runs; besides there are runs forget RUN and runs prune');
    if (named.length > 0) throw given.refusal('runs prune takes no names; runs forget does');
    if (olderThanDays === undefined) throw given.refusal(`runs prune needs ${age}, as in ${age} 90d`);
    return { verb, olderThanDays };
  },
};

export const runs = defineCommand({
  name: 'runs',
  summary: 'list runs: how far, how they ended, what comes next',
  description:
    'Lists the runs of the run directory: when, of which vaults, how far they came, how they ended, and the command that ' +
    'comes next. runs forget RUN deletes a run, runs prune those that ended long ago; a note of what each loaded stays, so ' +
    'that it is not loaded twice.',
  options: {
    wish,
    dryRun,
    config,
    settings: takesSettings('run_dir'),
    yes,
    ...talk,
  },
  examples: [
    'skyflow-supervise runs',
    'skyflow-supervise runs forget 20260102T030405Z-1a2b3c4d',
    'skyflow-supervise runs prune --older-than 90d --dry-run',
  ],
});

export type RunsCommand = GivenTo<typeof runs>;
