import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { text, wholeNumberOr, type Option } from '../../command-line/option.js';
import {
  config,
  manyRecords,
  takesSettings,
  talk,
  oneVault,
  yes,
} from '../../command-line/shared-options.js';

export const calibrate = defineCommand({
  name: 'calibrate',
  summary: "find a vault's batch size and rate",
  description:
    'Finds how large batches may be and how many records a vault takes, step by step, with test records that it ' +
    'deletes again, after asking for the id of the vault. Only where its allow_destructive is true.',
  options: {
    vault: oneVault('calibrate'),
    config,
    settings: takesSettings(
      ...[
        'skyflow.vault_url',
        'skyflow.bearer_token',
        'skyflow.bearer_token_command',
        'performance.max_concurrency',
        'performance.max_records',
      ],
    ),
    yes,
    maxRecords: {
      flags: [],
      read: (words) => words.wholeNumber('--max-records', 1, manyRecords) ?? 200_000,
    } satisfies Option<number>,
    maxBatchSize: wholeNumberOr(1_000, '--max-batch-size', 'Largest batch to try.', {
      minimum: 1,
      maximum: 10_000,
    }),
    stepSeconds: wholeNumberOr(2, '--step-seconds', 'Seconds of each step.', { minimum: 1, maximum: 60 }),
    write: text('--write', 'FILE', 'Write the recommended settings to a new file.'),
    ...talk,
  },
  meanings: {
    '--max-records': 'Test records to insert, at most (default: 200,000).',
    '--concurrency': 'Requests in flight at the same time, at most (default: 32).',
  },
  examples: ['skyflow-supervise calibrate --vault ssn --write performance.json'],
});

export type CalibrateCommand = GivenTo<typeof calibrate>;
