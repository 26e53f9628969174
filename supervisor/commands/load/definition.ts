import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { onOff, text, type Option } from '../../command-line/option.js';
import {
  chosenVaults,
  config,
  dryRun,
  maxParallelVaults,
  newRun,
  precount,
  takesSettings,
  settingsOfLoad,
  talk,
  useCurrentConfig,
  yes,
} from '../../command-line/shared-options.js';
import { attendance, type OfflineWish } from '../../command-line/attendance-options.js';

const printSql = onOff('--print-sql', 'Only print the SQL of each vault.', { group: 'snowflake' });

/** `--check-conflicts`. */
export const checkConflicts = onOff(
  '--check-conflicts',
  'First count values with two tokens and tokens with two values.',
  { group: 'source' },
);

/** `load`, the command that is meant when none is named. */
export const load = defineCommand({
  name: 'load',
  summary: 'load records into vaults (the default command)',
  description: 'Loads every configured vault, or the named ones, with one supervised process for each.',
  options: {
    vaults: chosenVaults,
    config,
    settings: takesSettings(...settingsOfLoad),
    precount,
    maxParallelVaults,
    newRun,
    yes,
    dryRun,
    startOrResume: onOff(
      '--start-or-resume',
      'For services: go on with the unfinished run of these vaults and inputs, do not repeat a finished one, else start.',
      { group: 'unattended' },
    ),
    useCurrentConfig,
    ...talk,
    ...attendance,
    offline: {
      ...attendance.offline,
      read: (words) =>
        printSql.read(words) || dryRun.read(words) ? undefined : attendance.offline.read(words),
    } satisfies Option<OfflineWish | undefined>,
    printSql,
    checkConflicts,
    plan: text(
      '--plan',
      'FILE',
      'Load what plan --out FILE has planned; any difference is refused, by name.',
      {
        group: 'safety',
      },
    ),
  },
  conflicts: [
    ['--start-or-resume', '--new-run'],
    ['--plan', '--start-or-resume'],
    ['--plan', '--dry-run'],
    ['--plan', '--print-sql'],
    ['--web', '--offline'],
  ],
  examples: [
    'skyflow-supervise --all',
    'skyflow-supervise --vault ssn,dob --max-records 1000',
    'skyflow-supervise --config config.prod.json --append-suffix=false --json',
    'skyflow-supervise --plan weekend.plan.json',
  ],
});

export type LoadCommand = GivenTo<typeof load>;
