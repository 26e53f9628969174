import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { choice, onOff, wholeNumber, wholeNumberOr, type Option } from '../../command-line/option.js';
import { config, force, manyRecords, seed, takesSettings, yes } from '../../command-line/shared-options.js';

const countFlag = wholeNumber('--count', 'The same as N.', { minimum: 1, maximum: manyRecords });

/** Records for each vault, as a word or as a flag. */
const count: Option<number> = {
  ...countFlag,
  operands: '[N]',
  read: (words) => {
    const flagged = countFlag.read(words);
    const [word] = words.operands;
    const named = word === undefined ? undefined : words.readWholeNumber('N', word, 1, manyRecords);
    if (named !== undefined && flagged !== undefined && named !== flagged)
      throw words.refusal(`generate: N is ${named}, but --count is ${flagged}`);
    const wanted = named ?? flagged;
    if (wanted !== undefined) return wanted;
    throw words.refusal('generate needs the number of records', 'Such as: skyflow-supervise generate 10000.');
  },
};

const output = choice('--output', ['csv', 'snowflake'], 'What to generate (default: csv).');
const truncateFlag = onOff('--truncate', 'Empty tables that hold rows first, after asking.');

const truncate: Option<boolean> = {
  ...truncateFlag,
  read: (words) => {
    const isWanted = truncateFlag.read(words);
    if (!isWanted || output.read(words) !== 'csv') return isWanted;
    throw words.refusal(
      '--truncate empties tables, and --output csv writes files',
      'Use --force to overwrite files.',
    );
  },
};

export const generate = defineCommand({
  name: 'generate',
  summary: 'make mock data',
  description:
    'Makes N mock records for each vault, as CSV files or as rows of tables in Snowflake. Never overwrites files ' +
    'without --force, and leaves tables that hold rows alone without --truncate or --force.',
  options: {
    count,
    config,
    settings: takesSettings(
      'csv.data_directory',
      ...['user', 'password', 'authenticator', 'account', 'warehouse', 'role', 'database', 'schema'].map(
        inSnowflake,
      ),
      ...['query_mode', 'table', 'clm_table', 'mbr_table'].map(inSnowflake),
    ),
    output,
    seed,
    force,
    truncate,
    yes,
    insertRows: wholeNumberOr(10_000, '--sf-batch-size', 'Rows of one INSERT, at most.', {
      group: 'snowflake',
      minimum: 1,
      maximum: 100_000,
    }),
  },
  conflicts: [['--truncate', '--force']],
  examples: [
    'skyflow-supervise generate 10000',
    'skyflow-supervise generate 500 --data-dir /tmp/mock --seed 7',
    'skyflow-supervise generate 10000 --output snowflake --sf-table MOCK',
  ],
});

function inSnowflake(key: string): string {
  return `snowflake.${key}`;
}

export type GenerateCommand = GivenTo<typeof generate>;
