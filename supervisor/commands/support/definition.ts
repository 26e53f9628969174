import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { onOff, optionalWord } from '../../command-line/option.js';
import { config, dryRun, out, takesSettings, talk, yes } from '../../command-line/shared-options.js';

export const support = defineCommand({
  name: 'support',
  summary: 'an archive about a run for whoever helps, without records',
  description:
    'Makes an archive of what a run says of itself: versions, settings, figures over time, logs by their codes. No record, no ' +
    'secret, no literal of an SQL text and no name of a host or user is in it. What is in it is printed before it is ' +
    'written, and asked for at a terminal. Without RUN: of the newest run.',
  options: {
    run: optionalWord('[RUN]'),
    config,
    settings: takesSettings('run_dir'),
    out,
    keepNames: onOff('--keep-names', 'Leave the names of hosts and users as they are.'),
    keepLiterals: onOff('--keep-sql-literals', 'Leave the literals of SQL texts as they are.'),
    dryRun,
    yes,
    ...talk,
  },
  meanings: {
    '--out': 'Where to write it (default: support-<run id>.tar.gz); a file that is there stays.',
    '--dry-run': 'Only print what would be in it.',
  },
  examples: ['skyflow-supervise support', 'skyflow-supervise support 20260102T030405Z-1a2b3c4d --dry-run'],
});

export type SupportCommand = GivenTo<typeof support>;
