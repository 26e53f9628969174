import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { onOff, onUnlessNegated, wholeNumber, type Option } from '../../command-line/option.js';
import { manyRecords, takesSettings, talk } from '../../command-line/shared-options.js';

const source: Option<'csv' | 'snowflake'> = {
  ...takesSettings('source'),
  read: (words) => words.choice('--source', ['csv', 'snowflake']) ?? 'csv',
};

const recordsFlag = wholeNumber(
  '--records',
  'Records for each vault (default: 25,000; from Snowflake: 5,000 patients).',
  { minimum: 1, maximum: manyRecords },
);

/** A run of every query mode is four loads, so it makes do with fewer records. */
const records: Option<number> = {
  ...recordsFlag,
  read: (words) => recordsFlag.read(words) ?? (source.read(words) === 'csv' ? 25_000 : 5_000),
};

export const demo = defineCommand({
  name: 'demo',
  summary: 'the whole thing with no account and no configuration',
  description:
    'Generates data, loads it into an embedded sandbox vault, kills one process of the load midway, and proves that ' +
    'everything arrived once. With --source snowflake it loads from an embedded Snowflake, once in every query mode.',
  options: {
    records,
    source,
    kill: onUnlessNegated(
      '--kill',
      'Kill nothing midway (from CSV files; from Snowflake nothing is killed).',
    ),
    machines: wholeNumber(
      '--machines',
      'Load over so many machines, which are processes here; one of them is killed midway. In a checkout only: it starts a PostgreSQL.',
      { minimum: 2, maximum: 8 },
    ),
    keep: onOff('--keep', 'Keep the folder with the generated files and the run.'),
    settings: takesSettings('source', 'performance.batch_size', 'performance.max_concurrency', 'run_dir'),
    ...talk,
  },
  conflicts: [['--machines', '--source']],
  examples: [
    'skyflow-supervise demo',
    'skyflow-supervise demo --records 1000',
    'skyflow-supervise demo --source snowflake',
  ],
});

export type DemoCommand = GivenTo<typeof demo>;
