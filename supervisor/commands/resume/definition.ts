import { loginOfSources } from '../../../src/source/source-settings.js';
import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { onOff, optionalWord } from '../../command-line/option.js';
import {
  config,
  paceKeys,
  takesSettings,
  talk,
  useCurrentConfig,
} from '../../command-line/shared-options.js';
import { attendance } from '../../command-line/attendance-options.js';

export const resume = defineCommand({
  name: 'resume',
  summary: 'continue a load that did not finish',
  description: 'Sends what a run has not settled. Without RUN: the newest unfinished run, if only one is.',
  options: {
    run: optionalWord('[RUN]'),
    config,
    settings: takesSettings(
      ...['skyflow.bearer_token', 'skyflow.bearer_token_command', ...loginOfSources],
      ...[
        'performance.batch_size',
        'performance.max_batch_bytes',
        'performance.max_concurrency',
        'performance.max_records',
        'skyflow.in_doubt',
      ],
      ...paceKeys,
      ...[
        'performance.max_errors',
        'performance.max_held',
        'skyflow.auth_wait_ms',
        'error_log.encrypt_to',
        'error_log.identity_file',
      ],
      ...['error_log.redact', 'error_log.redact_key_file', 'run_dir', 'store.url', 'store.lanes'],
    ),
    useCurrentConfig,
    repair: onOff(
      '--repair',
      'Put a damaged journal together again; rows that it does not prove settled are looked up in the vault.',
      { group: 'safety' },
    ),
    ...talk,
    ...attendance,
  },
  conflicts: [['--web', '--offline']],
  examples: ['skyflow-supervise resume', 'skyflow-supervise resume 20260102T030405Z-1a2b3c4d'],
});

export type ResumeCommand = GivenTo<typeof resume>;
