import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { anyWords, onOff } from '../../command-line/option.js';
import { config, newRun, takesSettings, talk, yes } from '../../command-line/shared-options.js';

export const retry = defineCommand({
  name: 'retry',
  summary: 'send failed records again',
  description:
    'Shows what error logs hold, asks, and sends their records again. Of a run, and of several logs of one run, the ' +
    'newest log is meant. Without RUN or FILE: the one run whose failed records were not sent again yet.',
  options: {
    files: anyWords('[RUN|FILE...]'),
    config,
    settings: takesSettings(
      ...[
        'store.url',
        'skyflow.vault_url',
        'skyflow.bearer_token',
        'skyflow.bearer_token_command',
        'performance.batch_size',
        'performance.max_batch_bytes',
        'performance.max_concurrency',
      ],
      ...['performance.base_delay_ms', 'skyflow.upsert', 'skyflow.allow_token_change', 'skyflow.in_doubt'],
      'skyflow.resend_mismatched',
      ...[
        'error_log.encrypt_to',
        'error_log.identity_file',
        'error_log.redact',
        'error_log.redact_key_file',
        'run_dir',
      ],
    ),
    missing: onOff(
      '--missing',
      'Of RUN: what its last verify did not find in the vaults, looked up once more before it is sent.',
    ),
    newRun,
    yes,
    ...talk,
  },
  examples: [
    'skyflow-supervise retry',
    'skyflow-supervise retry runs/*/merged_error_log_*.json --yes',
    'skyflow-supervise retry 20260102T030405Z-1a2b3c4d --missing',
  ],
});

export type RetryCommand = GivenTo<typeof retry>;
