import { singleSettings } from '../../src/config/catalogue.js';

/** One flag; a name means the same in every command that takes it. */
export interface Flag {
  /** With two dashes. */
  readonly name: string;
  /** What stands for the value in the help; undefined for a flag that is true or false. */
  readonly placeholder: string | undefined;
  readonly description: string;
  /** Heading in the help. */
  readonly group: string;
  /** The setting it stands for. */
  readonly key?: string;
  readonly repeatable?: true;
  readonly secret?: true;
  /** Shown as `--no-<name>`: on unless said otherwise. */
  readonly shownNegated?: true;
  /** Works, but is not offered: spellings of the replaced loader, and what is not finished. */
  readonly hidden?: true;
}

const groups = {
  vaults: 'Which vaults, and where they are',
  source: 'Source',
  speed: 'Speed and limits',
  safety: 'Safety',
  output: 'Output',
  unattended: 'Unattended',
  snowflake: 'Snowflake',
  own: 'Options',
} as const;

function ofSetting(key: string, group: string, placeholder: string | undefined): Flag {
  const setting = singleSettings.find((candidate) => candidate.key === key);
  if (setting?.flag === undefined) throw new RangeError(`no flag stands for ${key}`);
  const { flag, description, defaultText, secret } = setting;
  const known = defaultText !== undefined && defaultText !== 'false';
  const fallback = known ? ` (default: ${defaultText})` : '';
  return {
    name: flag,
    placeholder,
    description: `${description}${fallback}`.replaceAll(/[`"]/g, ''),
    group,
    key,
    ...(secret ? { secret } : {}),
  };
}

function ofCommand(name: string, group: string, placeholder: string | undefined, description: string): Flag {
  return { name, group, placeholder, description };
}

const snowflakeFlags: readonly (readonly [key: string, placeholder: string | undefined])[] = [
  ['user', 'USER'],
  ['password', 'TEXT'],
  ['authenticator', 'METHOD'],
  ['account', 'ACCOUNT'],
  ['warehouse', 'NAME'],
  ['database', 'NAME'],
  ['schema', 'NAME'],
  ['role', 'NAME'],
  ['fetch_size', 'N'],
  ['query_mode', 'MODE'],
  ['table', 'TABLE'],
  ['clm_table', 'TABLE'],
  ['mbr_table', 'TABLE'],
  ['query_id', 'ID'],
  ['start_record', 'N'],
  ['end_record', 'N'],
  ['keep_snapshot', undefined],
];

/** Every flag there is. */
export const flags: readonly Flag[] = [
  ofCommand(
    '--all',
    groups.vaults,
    undefined,
    'All configured vaults; so does leaving --vault out. For verify: every record instead of a sample.',
  ),
  {
    ...ofCommand('--vault', groups.vaults, 'NAME[,NAME]', 'Only these vaults, in any case; may be repeated.'),
    repeatable: true,
  },
  ofCommand('--config', groups.vaults, 'FILE', 'Configuration file (default: config.json).'),
  ofSetting('skyflow.vault_url', groups.vaults, 'URL'),
  ofSetting('skyflow.bearer_token', groups.vaults, 'TOKEN'),
  ofSetting('source', groups.source, 'csv|snowflake'),
  ofSetting('csv.data_directory', groups.source, 'DIR'),
  {
    ...ofCommand(
      '--precount',
      groups.source,
      undefined,
      'Skip the pass over the files before the first request.',
    ),
    shownNegated: true,
  },
  ofSetting('performance.batch_size', groups.speed, 'N'),
  ofSetting('performance.max_concurrency', groups.speed, 'N'),
  ofSetting('performance.max_records', groups.speed, 'N'),
  ofSetting('performance.base_delay_ms', groups.speed, 'MS'),
  ofSetting('performance.max_requests_per_second', groups.speed, 'N'),
  ofSetting('performance.max_records_per_second', groups.speed, 'N'),
  ofSetting('performance.share_limits', groups.speed, undefined),
  ofSetting('performance.max_errors', groups.safety, 'N|N%'),
  ofSetting('skyflow.auth_wait_ms', groups.safety, 'MS'),
  ofCommand('--sequential', groups.speed, undefined, 'One vault after the other.'),
  ofCommand('--max-parallel-vaults', groups.speed, 'N', 'At most N vaults at the same time (default: all).'),
  ofSetting('performance.append_suffix', groups.safety, undefined),
  ofSetting('skyflow.upsert', groups.safety, undefined),
  ofSetting('skyflow.in_doubt', groups.safety, 'hold|send'),
  ofCommand(
    '--new-run',
    groups.safety,
    undefined,
    'Start anew although something unfinished could be gone on with.',
  ),
  ofCommand(
    '--start-or-resume',
    groups.unattended,
    undefined,
    'For services: go on with the unfinished run of these vaults and inputs, do not repeat a finished one, else start.',
  ),
  ofCommand(
    '--offline',
    groups.unattended,
    undefined,
    'Go on in the background, whatever becomes of the terminal.',
  ),
  ofCommand(
    '--log-file',
    groups.unattended,
    'FILE',
    'Where --offline writes (default: skyflow-loader-YYYYMMDD-HHMMSS.log).',
  ),
  ofCommand(
    '--pid-file',
    groups.unattended,
    'FILE',
    'Where --offline says which process it is (default: skyflow-loader.pid).',
  ),
  ofCommand(
    '--on-event',
    groups.unattended,
    'COMMAND',
    'Run COMMAND in a shell when the run is done, paused or failed; it finds facts in SUPERVISE_* variables.',
  ),
  ofCommand(
    '--metrics-port',
    groups.unattended,
    'PORT',
    'Serve figures for Prometheus on this port; 0 is any free one.',
  ),
  ofCommand('--metrics-host', groups.unattended, 'HOST', 'Address to serve them on (default: 127.0.0.1).'),
  ofCommand('--yes', groups.safety, undefined, 'Answer every question with yes, for automation.'),
  ofSetting('error_log.encrypt_to', groups.safety, 'RECIPIENT'),
  ofSetting('error_log.identity_file', groups.safety, 'KEYFILE'),
  ofSetting('error_log.redact', groups.safety, undefined),
  ofSetting('error_log.redact_key_file', groups.safety, 'FILE'),
  ofSetting('run_dir', groups.output, 'DIR'),
  ofCommand('--json', groups.output, undefined, 'One JSON document on stdout; text for people on stderr.'),
  ofCommand('--quiet', groups.output, undefined, 'Only the summary, warnings and errors.'),
  ofCommand('--verbose', groups.output, undefined, 'More about what happens.'),
  ofCommand('--print-sql', groups.snowflake, undefined, 'Only print the SQL of each vault.'),
  ofCommand(
    '--check-conflicts',
    groups.snowflake,
    undefined,
    'First count values with two tokens and tokens with two values.',
  ),
  ...snowflakeFlags.map(([name, placeholder]) =>
    ofSetting(`snowflake.${name}`, groups.snowflake, placeholder),
  ),
  ofCommand('--sf-batch-size', groups.snowflake, 'N', 'Rows of one INSERT, at most (default: 10000).'),
  ofCommand(
    '--records',
    groups.own,
    'N',
    'Records for each vault (default: 25000; from Snowflake: 5000 patients).',
  ),
  ofCommand('--keep', groups.own, undefined, 'Keep the generated files.'),
  ofCommand('--port', groups.own, 'PORT', 'Port on 127.0.0.1; 0 is any free one (default: 0).'),
  ofCommand('--tls', groups.own, undefined, 'TLS with a certificate of its own, whose authority it names.'),
  ofCommand('--snowflake', groups.own, undefined, 'A Snowflake too; its options begin with snowflake.'),
  {
    ...ofCommand('--option', groups.own, 'KEY=VALUE', 'Behaviour of the sandbox; may be repeated.'),
    repeatable: true,
  },
  ofCommand('--once', groups.own, undefined, 'Show it once and end; --json does so too.'),
  ofCommand('--count', groups.own, 'N', 'The same as N.'),
  ofCommand('--output', groups.own, 'csv|snowflake', 'What to generate (default: csv).'),
  ofCommand('--seed', groups.own, 'N', 'The same records again for the same number.'),
  ofCommand('--sample', groups.own, 'N', 'Records of each vault to read back (default: 1000).'),
  ofCommand(
    '--force',
    groups.own,
    undefined,
    'Overwrite files that are there, or add to tables that hold rows.',
  ),
  ofCommand('--truncate', groups.own, undefined, 'Empty tables that hold rows first, after asking.'),
  ofCommand('--fetch-workers', groups.own, 'N', 'Pages read at the same time (default: 20).'),
  ofCommand('--delete-workers', groups.own, 'N', 'Deletions at the same time (default: 20).'),
  ofCommand('--delete-batch-size', groups.own, 'N', 'Records of one deletion, at most (default: 25).'),
  ofCommand('--max-batch-size', groups.own, 'N', 'Largest batch to try (default: 1000).'),
  ofCommand('--step-seconds', groups.own, 'N', 'Seconds of each step (default: 2).'),
  ofCommand('--write', groups.own, 'FILE', 'Write the recommended settings to a new file.'),
  { ...ofCommand('--generate', groups.own, 'N', 'Means: generate N.'), hidden: true },
  { ...ofCommand('--error-log', groups.own, 'FILE', 'Means: retry FILE.'), hidden: true },
  { ...ofCommand('--clear', groups.own, undefined, 'Means: clear.'), hidden: true },
  { ...ofCommand('--help', groups.own, undefined, 'Show help.'), hidden: true },
  { ...ofCommand('--version', groups.own, undefined, 'Show the version.'), hidden: true },
];

const byName = new Map(flags.map((flag) => [flag.name, flag]));

/** The flag of a name with two dashes. */
export function findFlag(name: string): Flag | undefined {
  return byName.get(name);
}

/** How a flag is written in the help. */
export function termOf({ name, placeholder, key, shownNegated }: Flag): string {
  if (shownNegated === true) return name.replace(/^--/, '--no-');
  if (placeholder !== undefined) return `${name} ${placeholder}`;
  return key === undefined ? name : `${name}[=false]`;
}
