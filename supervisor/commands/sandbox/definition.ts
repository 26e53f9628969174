import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { profileNames, type SandboxProfile } from '../../../src/sandbox/profiles.js';
import { onOff, wholeNumberOr, type Option } from '../../command-line/option.js';

/** `--option key=value`, later ones over earlier ones. Which keys there are: `src/sandbox/options.ts`. */
const assignments: Option<Readonly<Record<string, string>>> = {
  flags: [
    {
      name: '--option',
      placeholder: 'KEY=VALUE',
      description: 'Behaviour of the sandbox; may be repeated.',
      group: 'own',
      repeatable: true,
    },
  ],
  read: (words) =>
    Object.fromEntries(
      words.texts('--option').map((text) => {
        const at = text.indexOf('=');
        if (at < 1) throw words.refusal('--option needs KEY=VALUE', 'Such as --option latency.fixedMs=80.');
        return [text.slice(0, at), text.slice(at + 1)];
      }),
    ),
};

const profile: Option<SandboxProfile> = {
  flags: [
    {
      name: '--profile',
      placeholder: 'NAME',
      description: `Options that stand for a kind of vault (${profileNames.join(', ')}); each --option goes over them.`,
      group: 'own',
    },
  ],
  read: (words) => words.choice('--profile', profileNames) ?? 'plain',
};

export const sandbox = defineCommand({
  name: 'sandbox',
  summary: 'only the embedded vault, and Snowflake',
  description:
    'Serves a vault on this machine, and with --snowflake a Snowflake, and prints one line of JSON with their URLs. ' +
    'Options can be changed while it serves: PATCH of /sandbox/faults below its control_url, such as {"poison": []} ' +
    'before failed records are sent again (docs/sandbox.md).',
  options: {
    port: wholeNumberOr(0, '--port', 'Port on 127.0.0.1; 0 is any free one.', {
      placeholder: 'PORT',
      minimum: 0,
      maximum: 65_535,
    }),
    tls: onOff('--tls', 'TLS with a certificate of its own, whose authority it names.'),
    snowflake: onOff('--snowflake', 'A Snowflake too; its options begin with snowflake.'),
    profile,
    options: assignments,
  },
  examples: [
    'skyflow-supervise sandbox --port 0',
    'skyflow-supervise sandbox --profile flaky --option throttle.rate=0.1',
    'skyflow-supervise sandbox --snowflake --option snowflake.seed.rows=100000',
  ],
});

export type SandboxCommand = GivenTo<typeof sandbox>;
