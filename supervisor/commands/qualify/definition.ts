import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { wholeNumberOr } from '../../command-line/option.js';
import { config, takesSettings, talk, oneVault, yes } from '../../command-line/shared-options.js';

export const qualify = defineCommand({
  name: 'qualify',
  summary: 'ask a test vault what no page says',
  description:
    'Finds out by experiments what is not documented: whether tokens are kept and in which form, the order of answers, ' +
    'batches, refusals, upsert with another token, rate headers, and how long a cut request may still commit. With at ' +
    'most 1,000 test records, deleted again, after asking for the id of the vault. Only where its allow_destructive is true.',
  options: {
    vault: oneVault('qualify'),
    config,
    settings: takesSettings('skyflow.vault_url', 'skyflow.bearer_token', 'skyflow.bearer_token_command'),
    yes,
    pollSeconds: wholeNumberOr(30, '--poll-seconds', 'How long records of cut requests are looked for.', {
      minimum: 1,
      maximum: 3_600,
    }),
    ...talk,
  },
  examples: ['skyflow-supervise qualify --vault test'],
});

export type QualifyCommand = GivenTo<typeof qualify>;
