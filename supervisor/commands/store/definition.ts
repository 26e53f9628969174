import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { anyWords, onOff } from '../../command-line/option.js';
import { config, takesSettings, talk, yes } from '../../command-line/shared-options.js';

export const store = defineCommand({
  name: 'store',
  summary: 'make, look at or clear the database of loads over several machines',
  description:
    'init: makes the tables, once, by a role that may (--print only shows the SQL). check: whether a load could use it. ' +
    'forget RUN: deletes all that it holds of a run.',
  options: {
    words: anyWords('WORD...'),
    print: onOff('--print', 'init: only print the SQL, for review.'),
    yes,
    config,
    settings: takesSettings('store.url'),
    ...talk,
  },
  examples: [
    'skyflow-supervise store init --print',
    'skyflow-supervise store check',
    'skyflow-supervise store forget 20260102T030405Z-1a2b3c4d',
  ],
});

export type StoreCommand = GivenTo<typeof store>;
