import { ConfigurationError } from '../../src/config/configuration-error.js';
import { productVersion } from '../../src/product/product.js';
import { refuseUnverifiedTls } from '../../src/system/harden-process.js';
import { surviveOutputs } from '../../src/system/survive-outputs.js';
import { endOfCommand } from '../run/run-failure.js';
import { renderError } from '../view/render-error.js';
import { parseCommandLine } from './parse-command-line.js';
import { eraseSecrets, warnOfSecretsInArgv } from './secrets-in-argv.js';
import { program } from '../commands/program.js';
import { writeDocument, writeForPeople } from '../view/write-for-people.js';

export { endProcess } from '../process/end-process.js';

/** The whole program: reads the command line, runs the command, sets the exit status. Never rejects. */
export async function runCommand(): Promise<void> {
  process.umask(0o077);
  surviveOutputs();
  const argv = process.argv.slice(2);
  const warning = warnOfSecretsInArgv(argv, program);
  if (warning !== undefined) {
    process.title = ['skyflow-supervise', ...eraseSecrets(argv, program)].join(' ');
    writeForPeople(process.stderr, `warning: ${warning}\n`);
  }
  try {
    refuseUnverifiedTls(process.env);
    const { command, words } = parseCommandLine(argv, program);
    process.exitCode = await command.run(words, { argv, program });
  } catch (error) {
    process.exitCode = report(error, argv.includes('--json') || argv.includes('-json'));
  }
}

/** Says what is wrong; the exit status that goes with it. */
function report(thrown: unknown, json: boolean): number {
  const { error, facts, exitStatus } = endOfCommand(thrown);
  writeForPeople(process.stderr, renderError(facts));
  if (json) {
    const problems = error instanceof ConfigurationError ? { problems: error.problems } : {};
    const document = {
      format_version: 1,
      program_version: productVersion,
      status: 'not_started',
      exit_code: exitStatus,
      error: { ...facts, ...problems },
    };
    writeDocument(document);
  }
  return exitStatus;
}
