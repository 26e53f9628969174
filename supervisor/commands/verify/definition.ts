import { loginOfSources } from '../../../src/source/source-settings.js';
import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { optionalWord, text, wholeNumberOr, type Option } from '../../command-line/option.js';
import {
  all,
  config,
  newRun,
  paceKeys,
  seed,
  takesSettings,
  talk,
  useCurrentConfig,
  vaultNames,
} from '../../command-line/shared-options.js';

const size = wholeNumberOr(1_000, '--sample', 'Records of each vault to read back.', {
  minimum: 1,
  // A sample is held in memory.
  maximum: 1_000_000,
});

/** Undefined: every record. Without a seed one is drawn. */
const sample: Option<{ readonly size: number; readonly seed: number | undefined } | undefined> = {
  flags: [...all.flags, ...size.flags, ...seed.flags],
  conflicts: [
    ['--all', '--sample'],
    ['--all', '--seed'],
  ],
  read: (words) => (all.read(words) ? undefined : { size: size.read(words), seed: seed.read(words) }),
};

export const verify = defineCommand({
  name: 'verify',
  summary: 'prove a run by reading it back',
  description:
    'Reads records of a run back by their tokens and holds them against its source: a random sample, or with --all ' +
    'every one. Without RUN: the newest run.',
  options: {
    run: optionalWord('[RUN]'),
    sample,
    vaults: vaultNames,
    config,
    settings: takesSettings(
      ...[
        'performance.batch_size',
        'performance.max_batch_bytes',
        'performance.max_concurrency',
        ...paceKeys,
      ],
      ...['skyflow.bearer_token', 'skyflow.bearer_token_command', ...loginOfSources],
      ...['skyflow.auth_wait_ms', 'run_dir', 'store.url'],
    ),
    anew: newRun,
    against: text(
      '--against',
      'QUERY|FILE',
      'Compare with these records instead of those that were loaded: a query of value and token, or a file with both columns. One vault.',
    ),
    useCurrentConfig,
    ...talk,
  },
  meanings: { '--all': 'Every record instead of a sample.' },
  examples: [
    'skyflow-supervise verify',
    'skyflow-supervise verify 20260102T030405Z-1a2b3c4d --all',
    'skyflow-supervise verify --sample 10000 --seed 7 --vault ssn',
    'skyflow-supervise verify --vault ssn --against register.csv',
  ],
});

export type VerifyCommand = GivenTo<typeof verify>;
