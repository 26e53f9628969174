import * as z from 'zod';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { isJsonObject, mergeAssignments } from '../../../src/sandbox/merge-options.js';
import { sandboxProfiles } from '../../../src/sandbox/profiles.js';
import { parseSandboxOptions, SandboxOptionsError } from '../../../src/sandbox/options.js';
import type { SandboxRun } from '../../../src/sandbox/run-sandbox.js';
import { snowflakeSandboxOptionsSchema } from '../../../src/sandbox/snowflake/options.js';
import { isLoopbackHost } from '../../../src/outside/hosts.js';
import { writeForPeople, writeUnbroken } from '../../view/write-for-people.js';
import type { SandboxCommand } from './definition.js';
import { StopSignals } from '../../process/stop-signals.js';

type Options = Pick<SandboxRun, 'options' | 'snowflake'>;

/**
 * `sandbox`: serves an embedded vault, and with `--snowflake` a Snowflake, until it is told to stop; one line of JSON
 * on stdout says where.
 */
export async function sandboxCommand(command: SandboxCommand): Promise<number> {
  const options = readOptions(command);
  warnOfStrangers(options);
  const { runSandbox } = await import('../../../src/sandbox/run-sandbox.js');
  const signals = new StopSignals();
  // Started by `demo`: it must not outlive it.
  const orphaned = new AbortController();
  process.once('disconnect', () => orphaned.abort());
  try {
    await runSandbox({
      ...options,
      output: { write: tellWhere },
      signal: AbortSignal.any([signals.stopping, orphaned.signal]),
    });
    return 0;
  } finally {
    signals.close();
    // Listening for it keeps this process alive, also when nothing could be started.
    if (process.connected) process.disconnect();
  }
}

/** A program reads the line; a person is told besides how it is used and ended. */
function tellWhere(line: string): void {
  writeUnbroken(line);
  if (!process.stdout.isTTY) return;
  const { vault_url: url } = whereSchema.parse(JSON.parse(line));
  writeForPeople(
    process.stderr,
    `The vaults are at ${url}. Ctrl-C ends the sandbox, and what it holds is gone.\n`,
  );
}

const whereSchema = z.looseObject({ vault_url: z.string() });

/** Whoever reaches a sandbox reads and writes its vaults: that is said where others than this machine can. */
function warnOfStrangers({ options, snowflake }: Options): void {
  const open = [options.host, snowflake?.host].filter((host) => host !== undefined && !isLoopbackHost(host));
  if (open.length === 0) return;
  writeForPeople(
    process.stderr,
    `warning: the sandbox listens on ${open.join(' and ')}, so other machines may reach it: what is loaded into it is read by everybody who can\n`,
  );
}

/** Throws `usage` with every mistake in the options of both servers. */
function readOptions(command: SandboxCommand): Options {
  const problems: string[] = [];
  const read = <T>(part: () => T): T | undefined => {
    try {
      return part();
    } catch (error) {
      if (!(error instanceof SandboxOptionsError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const { vault, snowflake } = read(() => assign(command)) ?? {};
  const options = vault && read(() => parseSandboxOptions(vault));
  const account = vault && read(() => readSnowflake(snowflake, command));
  if (options !== undefined && problems.length === 0) return { options, snowflake: account };
  throw new SuperviseError(
    'usage',
    `wrong sandbox options:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    {
      hint: 'Options are written --option latency.fixedMs=200; `skyflow-supervise help sandbox` lists them.',
    },
  );
}

/** What is below `snowflake.` is the Snowflake's, everything else the vault's. */
function assign({ port, tls, profile, options }: SandboxCommand): { vault: object; snowflake: unknown } {
  const assigned = mergeAssignments(
    { ...sandboxProfiles[profile], port, tls },
    Object.entries(options).map(([key, value]) => `${key}=${value}`),
  );
  const { snowflake, ...vault } = isJsonObject(assigned) ? assigned : {};
  return { vault, snowflake };
}

function readSnowflake(input: unknown, command: SandboxCommand): Options['snowflake'] {
  if (!command.snowflake) {
    if (input !== undefined) throw new SandboxOptionsError(['snowflake: its options need --snowflake']);
    return undefined;
  }
  const parsed = snowflakeSandboxOptionsSchema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  throw new SandboxOptionsError(parsed.error.issues.map(describeIssue));
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  return `${['snowflake', ...path].join('.')}: ${message}`;
}
