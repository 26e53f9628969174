import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SecretCommand } from '../../src/config/find-secret-commands.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { findCredential } from '../../src/config/credential-setting.js';
import type { Settings } from '../../src/config/configuration.js';

const patienceMs = 60_000;
const longestOutputBytes = 1 << 20;

/**
 * What a command for a secret writes to its stdout, without the line end behind it. It runs in this process' environment;
 * what it writes to stderr is thrown away, because it may quote what it handles. Throws `config` when it fails, is silent
 * or takes longer than a minute; neither the command nor its output is in the message.
 */
export async function runSecretCommand({
  setting,
  command,
}: Pick<SecretCommand, 'setting' | 'command'>): Promise<string> {
  const refuse = (what: string): SuperviseError =>
    new SuperviseError('config', `the command of ${setting} ${what}`, {
      hint: 'Run it by hand to see what it says; it has to write the secret, and nothing else, to its output.',
    });
  let output: string;
  try {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command], {
      timeout: patienceMs,
      killSignal: 'SIGKILL',
      maxBuffer: longestOutputBytes,
    });
    output = stdout.replace(/\r?\n$/, '');
  } catch (error) {
    // The error of Node quotes the command and what it wrote.
    throw refuse(endOf(error));
  }
  if (output === '') throw refuse('wrote nothing');
  return output;
}

function endOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `wrote more than ${longestOutputBytes} bytes`;
  if ('killed' in error && error.killed === true) return `did not end within ${patienceMs / 1_000} s`;
  return typeof code === 'number' ? `ended with exit status ${code}` : 'could not be run';
}

/** Gives another token when the vault refuses the one before: that of its command, run again. Undefined: there is none. */
export function tokenRenewal(settings: Pick<Settings, 'skyflow'>): (() => Promise<string>) | undefined {
  const { bearer_token_command: bearer, api_key_command: apiKey } = settings.skyflow;
  const kind = findCredential(settings)?.kind;
  const run = (name: string, command: string | undefined) =>
    command === undefined ? undefined : () => runSecretCommand({ setting: `skyflow.${name}`, command });
  if (kind === 'bearer_token') return run('bearer_token_command', bearer);
  return kind === 'api_key' ? run('api_key_command', apiKey) : undefined;
}
