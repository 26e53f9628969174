import { errorFacts } from '../../src/errors/supervise-error.js';
import { ConfigurationError } from '../../src/config/configuration-error.js';
import { productVersion } from '../../src/run/product-version.js';
import { refuseUnverifiedTls } from '../../src/run/refuse-unverified-tls.js';
import { RunFailure } from '../run/run-failure.js';
import { renderError } from '../view/render-error.js';
import { parseCommandLine } from './parse-command-line.js';
import { eraseSecrets, warnOfSecretsInArgv } from './secrets-in-argv.js';
import type { Command } from './command.js';
import type { goOffline } from '../offline/go-offline.js';

/** The whole program: reads the command line, runs the command, sets the exit status. Never rejects. */
export async function runCommand(): Promise<void> {
  process.umask(0o077);
  for (const stream of [process.stdout, process.stderr]) {
    // Whoever reads us may go away (`| head`): the load goes on, and its journal and summary are on disk.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const argv = process.argv.slice(2);
  const warning = warnOfSecretsInArgv(argv);
  if (warning !== undefined) {
    process.title = ['skyflow-supervise', ...eraseSecrets(argv)].join(' ');
    process.stderr.write(`warning: ${warning}\n`);
  }
  try {
    refuseUnverifiedTls(process.env);
    process.exitCode = await execute(parseCommandLine(argv), argv);
  } catch (error) {
    process.exitCode = report(error, argv.includes('--json') || argv.includes('-json'));
  }
}

async function execute(command: Command, argv: readonly string[]): Promise<number> {
  switch (command.name) {
    case 'load':
      if (command.offline !== undefined && !command.printSql) return detach(command, command.offline, argv);
      return (await import('../commands/load/load-command.js')).loadCommand(command);
    case 'monitor':
      return (await import('../commands/monitor/monitor-command.js')).monitorCommand(command);
    case 'resume':
      if (command.offline !== undefined) return detach(command, command.offline, argv);
      return (await import('../commands/resume/resume-command.js')).resumeCommand(command);
    case 'retry':
      return (await import('../commands/retry/retry-command.js')).retryCommand(command);
    case 'report':
      return (await import('../commands/report/report-command.js')).reportCommand(command);
    case 'check':
      return (await import('../commands/check/check-command.js')).checkCommand(command);
    case 'init':
      return (await import('../commands/init/init-command.js')).initCommand(command);
    case 'completion':
      return (await import('../commands/completion/completion-command.js')).completionCommand(command);
    case 'verify':
      return (await import('../commands/verify/verify-command.js')).verifyCommand(command);
    case 'demo':
      return (await import('../commands/demo/demo-command.js')).demoCommand(command);
    case 'sandbox':
      return (await import('../commands/sandbox/sandbox-command.js')).sandboxCommand(command);
    case 'generate':
      return (await import('../commands/generate/generate-command.js')).generateCommand(command);
    case 'clear':
      return (await import('../commands/clear/clear-command.js')).clearCommand(command);
    case 'calibrate':
      return (await import('../commands/calibrate/calibrate-command.js')).calibrateCommand(command);
    case 'help':
      process.stdout.write(command.text);
      return 0;
    case 'version':
      process.stdout.write(`${productVersion}\n`);
      return 0;
    default:
      return command satisfies never;
  }
}

async function detach(...given: Parameters<typeof goOffline>): Promise<number> {
  return (await import('../offline/go-offline.js')).goOffline(...given);
}

/** What throws before anything was started exits with 2, a declined question with 130, everything else with 3. */
function report(thrown: unknown, json: boolean): number {
  const hasStarted = thrown instanceof RunFailure;
  const error = hasStarted ? thrown.cause : thrown;
  const facts = errorFacts(error);
  const exitCode = hasStarted || facts.code === 'internal' ? 3 : facts.code === 'interrupted' ? 130 : 2;
  const { stderr } = process;
  stderr.write(renderError(facts, stderr.isTTY ? stderr.columns : undefined));
  if (json) {
    const problems = error instanceof ConfigurationError ? { problems: error.problems } : {};
    const document = {
      format_version: 1,
      program_version: productVersion,
      status: 'not_started',
      exit_code: exitCode,
      error: { ...facts, ...problems },
    };
    process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
  }
  return exitCode;
}
