import { findFlag, flags } from './flag-table.js';
import type { Command } from './command.js';

/** One command, as the parser and the help know it. */
export interface CommandDefinition {
  readonly name: Exclude<Command['name'], 'version'>;
  readonly summary: string;
  readonly description: string;
  /** What stands beside the flags, as in the help: `[RUN]`, `FILE...`. */
  readonly operands: string;
  readonly minOperands: number;
  readonly maxOperands: number;
  /** Names of the flags it takes. */
  readonly flags: readonly string[];
  readonly examples: readonly string[];
  /** Works, but is not offered. */
  readonly hidden?: true;
}

const talk = ['--json', '--quiet', '--verbose'];
const snowflake = flags.filter(({ key }) => key?.startsWith('snowflake.') === true).map(({ name }) => name);
const insertion = [
  ...['--sf-user', '--sf-password', '--sf-authenticator', '--sf-account', '--sf-warehouse', '--sf-role'],
  ...['--sf-database', '--sf-schema', '--sf-query-mode', '--sf-table', '--sf-clm-table', '--sf-mbr-table'],
  '--sf-batch-size',
];
/** Going on without a terminal, and keeping others informed. */
const unattended = [
  ...['--offline', '--log-file', '--pid-file', '--on-event', '--metrics-port', '--metrics-host'],
];
const login = ['--token', '--sf-user', '--sf-password'];

const none = { operands: '', minOperands: 0, maxOperands: 0 };
const unlimited = Number.POSITIVE_INFINITY;

/** The command that is meant when none is named. */
export const loadDefinition: CommandDefinition = {
  name: 'load',
  summary: 'load records into vaults (the default command)',
  description: 'Loads every configured vault, or the named ones, with one supervised process for each.',
  ...none,
  flags: [
    ...['--all', '--vault', '--config', '--vault-url', '--token', '--source', '--data-dir', '--precount'],
    ...['--batch-size', '--concurrency', '--max-records', '--base-delay-ms', '--sequential'],
    ...['--max-requests-per-second', '--max-records-per-second', '--share-limits'],
    ...['--max-errors', '--auth-wait'],
    ...['--max-parallel-vaults', '--append-suffix', '--upsert', '--in-doubt', '--new-run', '--yes'],
    ...['--encrypt-errors', '--redact-errors', '--redact-key'],
    ...['--start-or-resume', '--run-dir', ...talk, ...unattended, ...snowflake],
    ...['--print-sql', '--check-conflicts'],
  ],
  examples: [
    'skyflow-supervise --all',
    'skyflow-supervise --vault ssn,dob --max-records 1000',
    'skyflow-supervise --config config.prod.json --append-suffix=false --json',
  ],
};

const settingsOfLoad = loadDefinition.flags.filter((name) => findFlag(name)?.key !== undefined);

/** Every command there is. */
export const commands: readonly CommandDefinition[] = [
  loadDefinition,
  {
    name: 'resume',
    summary: 'go on with an unfinished run where its journal ends',
    description: 'Sends what a run has not settled. Without RUN: the newest unfinished run, if only one is.',
    operands: '[RUN]',
    minOperands: 0,
    maxOperands: 1,
    flags: [
      ...['--config', ...login, '--batch-size', '--concurrency', '--max-records', '--in-doubt'],
      ...['--max-requests-per-second', '--max-records-per-second', '--share-limits'],
      ...['--max-errors', '--auth-wait', '--encrypt-errors', '--identity', '--redact-errors', '--redact-key'],
      ...['--run-dir', ...talk, ...unattended],
    ],
    examples: ['skyflow-supervise resume', 'skyflow-supervise resume 20260102T030405Z-1a2b3c4d'],
  },
  {
    name: 'retry',
    summary: 'send the records of error logs again',
    description: 'Shows what error logs hold, asks, and sends their records again.',
    operands: 'FILE...',
    minOperands: 1,
    maxOperands: unlimited,
    flags: [
      ...['--config', '--vault-url', '--token', '--batch-size', '--concurrency', '--base-delay-ms'],
      ...[
        '--upsert',
        '--in-doubt',
        '--new-run',
        '--yes',
        '--encrypt-errors',
        '--identity',
        '--redact-errors',
        '--redact-key',
      ],
      ...['--run-dir', ...talk],
    ],
    examples: ['skyflow-supervise retry runs/*/merged_error_log_*.json --yes'],
  },
  {
    name: 'monitor',
    summary: 'watch a run from another terminal',
    description:
      "Shows a run's vaults, the machine, the processes, and what limits the load. Without RUN: the newest run that " +
      'is being worked on. q or Ctrl-C ends the watching, never the run.',
    operands: '[RUN]',
    minOperands: 0,
    maxOperands: 1,
    flags: ['--config', '--once', '--run-dir', ...talk],
    examples: ['skyflow-supervise monitor', 'skyflow-supervise monitor --once --json'],
  },
  {
    name: 'report',
    summary: "show a run's evidence",
    description: 'Says who loaded what, where, when and with which settings, and how it ended.',
    operands: 'RUN',
    minOperands: 1,
    maxOperands: 1,
    flags: ['--config', '--run-dir', ...talk],
    examples: ['skyflow-supervise report 20260102T030405Z-1a2b3c4d --json'],
  },
  {
    name: 'check',
    summary: 'whether a load could begin: ticks and crosses',
    description:
      'Looks at configuration, credentials, vaults, source, run directory and machine before a load, with the flags ' +
      'of the load. Inserts nothing. Exits with 0, or with 2 when something would stop the load.',
    ...none,
    flags: [
      ...['--all', '--vault', '--config', '--precount', '--sequential', '--max-parallel-vaults'],
      ...settingsOfLoad,
      ...talk,
    ],
    examples: [
      'skyflow-supervise check',
      'skyflow-supervise check --vault ssn --data-dir /data/export --json',
    ],
  },
  {
    name: 'init',
    summary: 'write a first configuration by asking',
    description:
      'Asks for what a load needs, tries it on the vault, and writes the configuration file. Needs a terminal. Never ' +
      'overwrites a file without asking or --force; secrets are left out unless wanted.',
    ...none,
    flags: ['--config', '--force'],
    examples: ['skyflow-supervise init', 'skyflow-supervise init --config config.prod.json'],
  },
  {
    name: 'verify',
    summary: 'prove a load by reading it back',
    description:
      'Reads records of a run back by their tokens and holds them against its source: a random sample, or with --all ' +
      'every one. Without RUN: the newest run.',
    operands: '[RUN]',
    minOperands: 0,
    maxOperands: 1,
    flags: [
      ...['--all', '--sample', '--seed', '--vault', '--config', ...login, '--batch-size', '--concurrency'],
      ...['--max-requests-per-second', '--max-records-per-second', '--share-limits', '--auth-wait'],
      ...['--new-run', '--run-dir', ...talk],
    ],
    examples: [
      'skyflow-supervise verify',
      'skyflow-supervise verify 20260102T030405Z-1a2b3c4d --all',
      'skyflow-supervise verify --sample 10000 --seed 7 --vault ssn',
    ],
  },
  {
    name: 'generate',
    summary: 'make mock data',
    description:
      'Makes N mock records for each vault, as CSV files or as rows of tables in Snowflake. Never overwrites files ' +
      'without --force, and leaves tables that hold rows alone without --truncate or --force.',
    operands: 'N',
    minOperands: 0,
    maxOperands: 1,
    flags: [
      ...['--config', '--data-dir', '--output', '--count', '--seed', '--force', '--truncate', '--yes'],
      ...insertion,
    ],
    examples: [
      'skyflow-supervise generate 10000',
      'skyflow-supervise generate 500 --data-dir /tmp/mock --seed 7',
      'skyflow-supervise generate 10000 --output snowflake --sf-table MOCK',
    ],
  },
  {
    name: 'demo',
    summary: 'the whole thing with no account and no configuration',
    description:
      'Generates data, loads it into an embedded sandbox vault, and proves that it arrived. With --source snowflake ' +
      'it loads from an embedded Snowflake, once in every query mode.',
    ...none,
    flags: ['--records', '--source', '--keep', '--batch-size', '--concurrency', '--run-dir', ...talk],
    examples: [
      'skyflow-supervise demo',
      'skyflow-supervise demo --records 1000',
      'skyflow-supervise demo --source snowflake',
    ],
  },
  {
    name: 'sandbox',
    summary: 'only the embedded vault, and Snowflake',
    description:
      'Serves a vault on this machine, and with --snowflake a Snowflake, and prints one line of JSON with their URLs.',
    ...none,
    flags: ['--port', '--tls', '--snowflake', '--option'],
    examples: [
      'skyflow-supervise sandbox --port 0',
      'skyflow-supervise sandbox --snowflake --option snowflake.seed.rows=100000',
    ],
  },
  {
    name: 'completion',
    summary: 'completion of commands and flags for a shell',
    description: 'Prints a script that completes commands, flags and their values in bash, zsh or fish.',
    operands: 'bash|zsh|fish',
    minOperands: 1,
    maxOperands: 1,
    flags: [],
    examples: ['skyflow-supervise completion bash', 'skyflow-supervise completion zsh'],
  },
  {
    name: 'clear',
    summary: 'delete all records of vaults, for tests',
    description:
      'Deletes all records of the chosen vaults, or with --max-records at most N of each, after asking for the id of ' +
      'each. Only vaults whose allow_destructive is true.',
    ...none,
    flags: [
      ...['--all', '--vault', '--config', '--vault-url', '--token', '--yes', '--max-records'],
      ...['--fetch-workers', '--delete-workers', '--delete-batch-size', ...talk],
    ],
    examples: ['skyflow-supervise clear --vault ssn', 'skyflow-supervise clear --all --yes'],
  },
  {
    name: 'calibrate',
    summary: "find a vault's batch size and rate",
    description:
      'Finds how large batches may be and how many records a vault takes, step by step, with test records that it ' +
      'deletes again, after asking for the id of the vault. Only where its allow_destructive is true.',
    ...none,
    flags: [
      ...['--vault', '--config', '--vault-url', '--token', '--yes', '--max-records', '--concurrency'],
      ...['--max-batch-size', '--step-seconds', '--write', ...talk],
    ],
    examples: ['skyflow-supervise calibrate --vault ssn --write performance.json'],
  },
  {
    name: 'help',
    summary: 'help on a command or topic',
    description: 'Shows help on a command or topic.',
    operands: '[TOPIC]',
    minOperands: 0,
    maxOperands: 1,
    flags: [],
    examples: ['skyflow-supervise help exit-status'],
  },
];

/** The command of a name. */
export function findCommand(name: string): CommandDefinition | undefined {
  return commands.find((command) => command.name === name);
}
