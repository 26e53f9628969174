import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { optionalWord, text } from '../../command-line/option.js';
import { config, takesSettings, talk } from '../../command-line/shared-options.js';

export const report = defineCommand({
  name: 'report',
  summary: "show a run's evidence",
  description:
    'Says who loaded what, where, when and with which settings, and how it ended. Without RUN: of the newest run.',
  options: {
    run: optionalWord('[RUN]'),
    config,
    settings: takesSettings('run_dir', 'store.url'),
    html: text(
      '--html',
      'FILE',
      'Write the evidence as one page with charts, for auditors; it needs no network.',
    ),
    sign: text('--sign', 'KEYFILE', "Sign the run's files with your private key (Ed25519, PEM)."),
    verifySignature: text(
      '--verify-signature',
      'KEYFILE',
      'Hold the signature of the run, and its files, against your public key.',
    ),
    ...talk,
  },
  conflicts: [
    ['--sign', '--verify-signature'],
    ['--html', '--verify-signature'],
  ],
  examples: [
    'skyflow-supervise report',
    'skyflow-supervise report 20260102T030405Z-1a2b3c4d --json',
    'skyflow-supervise report --html evidence.html',
    'skyflow-supervise report --sign signing_key.pem',
  ],
});

export type ReportCommand = GivenTo<typeof report>;
