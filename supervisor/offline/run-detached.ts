import { ConfigurationError } from '../../src/config/configuration-error.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { productVersion } from '../../src/product/product.js';
import { program } from '../commands/program.js';
import { surviveOutputs } from '../../src/system/survive-outputs.js';
import { parseCommandLine } from '../command-line/parse-command-line.js';
import { endOfCommand } from '../run/run-failure.js';
import type { RunObserver } from '../observers/run-observer.js';
import { present, type Presentation, type TalkWishes } from '../view/present.js';
import { claimPidFile, type PidFile } from './pid-file.js';
import { TerminalLink } from './terminal-link.js';
import { writeForPeople } from '../view/write-for-people.js';

/**
 * The process that goes on without a terminal, in a session of its own: reads its command from the process that started
 * it, has its questions asked there, reports what is wrong or that the run has begun, and then works alone. Its stdout
 * and stderr are the log file; its PID file is removed at its end. Never rejects.
 */
export async function runDetached(): Promise<void> {
  process.umask(0o077);
  surviveOutputs();
  process.on('SIGHUP', () => undefined);
  let pidFile: PidFile | undefined;
  const link = new TerminalLink(() => {
    // Whoever asked for this is gone before it began: nothing has been sent.
    void (pidFile?.remove() ?? Promise.resolve()).finally(() => process.exit(1));
  });
  try {
    const begin = await link.next('begin');
    assertSameVersion(begin.version);
    // Set only now, and not at the start, so that no secret stands in what the system shows of this process.
    Object.assign(process.env, begin.environment);
    pidFile = await claimPidFile(begin.pidFile);
    const exitCode = await work(begin.argv, link, begin.canAsk);
    await link.send({ type: 'ended', exitCode });
    process.exitCode = exitCode;
  } catch (error) {
    process.exitCode = await report(error, link);
  } finally {
    await pidFile?.remove().catch(() => undefined);
    link.cut();
  }
}

async function work(argv: readonly string[], link: TerminalLink, canAsk: boolean): Promise<number> {
  const { command, words } = parseCommandLine(argv, program);
  const runObserver: RunObserver = {
    begun: async ({ directory }) => {
      if (directory === undefined) return;
      const { runId, path } = directory;
      await link.send({ type: 'started', runId, runDirectory: path });
      await link.next('go');
      link.cut();
    },
  };
  return command.run(words, {
    argv,
    program,
    detached: { present: (wishes) => presentTo(link, wishes, canAsk), observers: [runObserver] },
  });
}

/** What is said goes to the log, and as long as somebody listens to the terminal too. */
function presentTo(link: TerminalLink, wishes: TalkWishes, canAsk: boolean): Presentation {
  const log = present({ json: false, verbosity: wishes.verbosity });
  const { view } = log;
  return {
    ...log,
    asker: link.asker(canAsk),
    json: wishes.json,
    view: {
      begun: (run) => view.begun(run),
      changed: (vault, state) => view.changed(vault, state),
      notice: (level, text, vault) => {
        view.notice(level, text, vault);
        void link.send({ type: 'notice', level, text, ...(vault === undefined ? {} : { vault }) });
      },
      suspend: () => view.suspend(),
      settled: () => view.settled(),
    },
    people: (text) => {
      log.people(text);
      void link.send({ type: 'people', text });
    },
    document: (content) => void link.send({ type: 'document', content }),
  };
}

/** Tells the terminal why nothing was started; afterwards the log alone. The exit status is as without `--offline`. */
async function report(thrown: unknown, link: TerminalLink): Promise<number> {
  const { error, facts, exitStatus } = endOfCommand(thrown);
  writeForPeople(
    process.stderr,
    `error: ${facts.message}\n${facts.hint === undefined ? '' : `${facts.hint}\n`}`,
  );
  const problems = error instanceof ConfigurationError ? { problems: [...error.problems] } : {};
  await link.send({ type: 'failed', exitStatus, ...facts, ...problems });
  return exitStatus;
}

function assertSameVersion(version: string): void {
  if (version === productVersion) return;
  throw new SuperviseError('protocol', `the installation changed from ${version} to ${productVersion}`);
}
