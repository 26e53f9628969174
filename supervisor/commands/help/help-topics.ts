import { RUN_FORMATS } from '../../../src/run-record/formats.js';
import { productVersion } from '../../../src/product/product.js';
import { singleSettings } from '../../../src/config/catalogue.js';

export interface HelpTopic {
  readonly name: string;
  readonly summary: string;
  /** The page, each paragraph in one line. */
  text(): string;
}

const exitStatus = `Exit status: the highest that applies, in this order.

  130, 143, 129  interrupted (Ctrl-C, SIGTERM, SIGHUP); the run can be resumed
  3              a vault could not be finished; the run can be resumed
  1              finished, but some records failed: they are in the error log
  4              a limit that nobody asked for stopped the load before the end
  0              everything that was asked for is done
  2              wrong usage or configuration; nothing was started

With --json the same number stands in the document as exit_code.
`;

const csv = `CSV files

A vault's records come from a pair of files in the data directory (--data-dir, csv.data_directory), named after the vault's column:

  <column>_data.csv     values, under the header <column> (full_name for the column "name")
  <column>_tokens.csv   tokens, under the header <column>_token (full_name_token for the column "name")

Row N of one file belongs to row N of the other one. Before anything is sent, both files are read once: they must have equally many rows, valid encoding and whole rows (--no-precount skips this). Rows with an empty value or token are skipped and counted.

Names, headers, delimiter and encoding can be set for each vault, in its key "csv"; a key column, if both files have one, must agree row by row. Files may be patterns (ssn_*.csv.gz) or lists: parts, read one after the other in natural order.
`;

const files = `Files

  config.json                  configuration; read, never written
  <run dir>/<run id>/          one directory for each run, only for you:
    run.json                   what was asked, from where, without secrets
    status.json                where the run stands, replaced every second
    summary.json               how it ended
    run.log                    what happened, one JSON document a line
    verification.json          what was read back, and whether it matches
    error_log_<VAULT>_<time>.json
                               records that failed, with value and token
    merged_error_log_<time>.json
                               the same for all vaults

  skyflow-supervise-<time>.log, skyflow-supervise.pid
                               with --offline, in the working directory (-offline: skyflow-loader-..., as before)

Besides, each vault has a journal there: what was sent and answered. It is what "resume" goes by. The run directory is "runs" unless --run-dir or run_dir says otherwise.
`;

function environment(): string {
  const width = Math.max(...singleSettings.map(({ variable }) => variable?.length ?? 0));
  const sectionOf = (key: string) => (key.includes('.') ? key.slice(0, key.indexOf('.')) : '');
  const sections = [...new Set(singleSettings.map(({ key }) => sectionOf(key)))];
  const lists = sections.flatMap((section) => [
    section === '' ? 'At the top of the file:' : `In the section ${section}:`,
    ...singleSettings
      .filter(({ key }) => sectionOf(key) === section)
      .map(({ variable = '', key, secret }) => {
        const name = section === '' ? key : key.slice(section.length + 1);
        return `  ${variable.padEnd(width)}  ${name}${secret ? ' (secret)' : ''}`;
      }),
    '',
  ]);
  return [
    'Environment',
    '',
    'Flags go over the environment, the environment over the configuration file. An empty variable counts as not set. Variables and the keys they stand for:',
    '',
    ...lists,
    'HTTP_PROXY, HTTPS_PROXY, NO_PROXY and NODE_EXTRA_CA_CERTS are honoured. NO_COLOR switches colours off.',
    '',
  ].join('\n');
}

function formats(): string {
  const note = (label: string, text: string): string => `  ${label}: ${text.replaceAll('`', '')}`;
  return [
    'Formats of a run',
    '',
    `This is version ${productVersion}. A run may be gone on with by the version that wrote to it last (report RUN says it), or by a newer one. What a version does not know it refuses, and leaves as it is.`,
    '',
    ...RUN_FORMATS.flatMap(({ name, today, earlier, later }) => [
      name.replaceAll('`', ''),
      note('today', today),
      ...(earlier === '-' ? [] : [note('written by an earlier version', earlier)]),
      note('written by a later version', later),
    ]),
    '',
  ].join('\n');
}

/** What there is help on, besides the commands. */
export const topics: readonly HelpTopic[] = [
  { name: 'exit-status', summary: 'what the exit status says', text: () => exitStatus },
  { name: 'environment', summary: 'environment variables', text: environment },
  { name: 'csv', summary: 'which CSV files are read, and how', text: () => csv },
  { name: 'formats', summary: 'formats of a run, and which versions go on with it', text: formats },
  { name: 'files', summary: 'which files are read and written', text: () => files },
];

/** Pages of the help that are made from the commands and their flags. */
export const pagesOfProgram: readonly Pick<HelpTopic, 'name' | 'summary'>[] = [
  { name: 'commands', summary: 'all commands and topics' },
  { name: 'snowflake', summary: 'flags of a load from Snowflake' },
];
