import { errorFacts } from '../../src/errors/supervise-error.js';
import { ConfigurationError } from '../../src/config/configuration-error.js';
import { isOutOfRoom } from '../../src/journal/storage-error.js';
import { productVersion } from '../../src/product/product-version.js';
import { refuseUnverifiedTls } from '../../src/system/refuse-unverified-tls.js';
import { surviveOutputs } from '../../src/system/survive-outputs.js';
import { RunFailure } from '../run/run-failure.js';
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

/** What throws before anything was started exits with 2, a declined question with 130, everything else, a full disk too, with 3. */
function report(thrown: unknown, json: boolean): number {
  const hasStarted = thrown instanceof RunFailure;
  const error = hasStarted ? thrown.cause : thrown;
  const facts = errorFacts(error);
  const isFailure = hasStarted || facts.code === 'internal' || isOutOfRoom(error);
  const exitCode = isFailure ? 3 : facts.code === 'interrupted' ? 130 : 2;
  const { stderr } = process;
  writeForPeople(stderr, renderError(facts, stderr.isTTY ? stderr.columns : undefined));
  if (json) {
    const problems = error instanceof ConfigurationError ? { problems: error.problems } : {};
    const document = {
      format_version: 1,
      program_version: productVersion,
      status: 'not_started',
      exit_code: exitCode,
      error: { ...facts, ...problems },
    };
    writeDocument(document);
  }
  return exitCode;
}
