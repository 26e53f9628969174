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
import { writeForPeople } from '../view/write-for-people.js';
import type { Asker } from '../ask/asker.js';
import { toDetachedSchema, type FromDetached, type ToDetached } from './offline-messages.js';

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

/**
 * The line of a detached process to the one at the terminal. Until `goOn` the terminal's process decides: when it goes
 * away, so does this one (`onLost`). Afterwards there is no line any more, and sending does nothing.
 */
class TerminalLink {
  readonly #onLost: () => void;
  readonly #waiting: ((message: ToDetached) => void)[] = [];
  readonly #arrived: ToDetached[] = [];

  constructor(onLost: () => void) {
    this.#onLost = onLost;
    process.on('message', (raw) => {
      const message = toDetachedSchema.parse(raw);
      // From here on it may leave, at once.
      if (message.type === 'go') process.off('disconnect', this.#onLost);
      const take = this.#waiting.shift();
      if (take === undefined) this.#arrived.push(message);
      else take(message);
    });
    process.once('disconnect', this.#onLost);
  }

  /** The next message of this type; messages come in an agreed order. */
  async next<Type extends ToDetached['type']>(type: Type): Promise<Extract<ToDetached, { type: Type }>> {
    const message =
      this.#arrived.shift() ?? (await new Promise<ToDetached>((take) => this.#waiting.push(take)));
    if (!isOfType(message, type))
      throw new SuperviseError('protocol', `the message ${message.type} came instead of ${type}`);
    return message;
  }

  /** Hands a message on; resolves when it is on its way. */
  async send(message: FromDetached): Promise<void> {
    if (!process.connected) return;
    await new Promise<void>((resolve) => {
      process.send?.(message, undefined, undefined, () => resolve());
    });
  }

  /** Cuts the line for good. */
  cut(): void {
    process.off('disconnect', this.#onLost);
    if (process.connected) process.disconnect();
  }

  /** Questions go to the person at the terminal. */
  asker(canAsk: boolean): Asker {
    const ask = async (kind: 'secret' | 'text', question: string): Promise<string | undefined> => {
      await this.send({ type: 'ask', kind, question });
      const { text, declined } = await this.next('answer');
      if (declined) throw new SuperviseError('interrupted', 'stopped at a question; nothing was started');
      return text;
    };
    return {
      canAsk: () => canAsk && process.connected,
      secret: (question) => ask('secret', question),
      text: (question) => ask('text', question),
    };
  }
}

function isOfType<Type extends ToDetached['type']>(
  message: ToDetached,
  type: Type,
): message is Extract<ToDetached, { type: Type }> {
  return message.type === type;
}
