import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { wholeNumberOr, type Option } from '../../command-line/option.js';
import {
  chosenVaults,
  config,
  deleteBatchSize,
  manyRecords,
  takesSettings,
  talk,
  yes,
} from '../../command-line/shared-options.js';

const workers = { minimum: 1, maximum: 1000 };

export const clear = defineCommand({
  name: 'clear',
  summary: 'delete the records of vaults, for tests',
  description:
    'Deletes all records of the chosen vaults, or with --max-records at most N of each, after asking for the id of ' +
    'each. Only vaults whose allow_destructive is true.',
  options: {
    vaults: chosenVaults,
    config,
    settings: takesSettings(
      'skyflow.vault_url',
      'skyflow.bearer_token',
      'skyflow.bearer_token_command',
      'performance.max_records',
    ),
    yes,
    maxRecords: {
      flags: [],
      read: (words) => words.wholeNumber('--max-records', 1, manyRecords),
    } satisfies Option<number | undefined>,
    fetchWorkers: wholeNumberOr(20, '--fetch-workers', 'Pages read at the same time.', workers),
    deleteWorkers: wholeNumberOr(20, '--delete-workers', 'Deletions at the same time.', workers),
    deleteBatchSize,
    byOldFlag: { flags: [], read: (words) => words.byOldFlag } satisfies Option<boolean>,
    ...talk,
  },
  meanings: { '--max-records': 'Records of each vault to delete, at most (default: all of them).' },
  examples: ['skyflow-supervise clear --vault ssn', 'skyflow-supervise clear --all --yes'],
});

export type ClearCommand = GivenTo<typeof clear>;
