import { relative, resolve, join } from 'node:path';
import { ConfigurationError } from '../../src/config/configuration-error.js';
import { SuperviseError, systemCode } from '../../src/errors/supervise-error.js';
import { productVersion, packageFolder } from '../../src/product/product.js';
import { terminalAsker } from '../ask/asker.js';
import type { Surroundings } from '../command-line/program.js';
import type { Configured } from '../command-line/shared-options.js';
import type { OfflineWish } from '../command-line/attendance-options.js';
import { eraseSecrets } from '../command-line/secrets-in-argv.js';
import { endOfCommand, RunFailure } from '../run/run-failure.js';
import { present, tellEnd, type Presentation, type TalkWishes } from '../view/present.js';
import { type FromDetached, type ToDetached, fromDetachedSchema } from './offline-messages.js';
import { shellWord } from '../command-line/shell-word.js';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { openPrivate } from '../../src/trust/open-private.js';
import { fork } from 'node:child_process';
import { on, once } from 'node:events';
import { withoutInspector } from '../../src/system/node-options.js';
import { childEnvironment } from '../process/child-environment.js';

/** What a command is told that matters for going. */
export type Departing = TalkWishes & Pick<Configured, 'config'>;

/**
 * `--offline`: starts the same command as a process in a session of its own, stays until that has its configuration,
 * the answers to its questions and its run, says how to follow, stop and resume it, and leaves. Resolves with the exit
 * status of this process; throws what kept the run from being begun.
 */
export async function goOffline(
  command: Departing,
  wish: OfflineWish,
  { argv, program }: Surroundings,
): Promise<number> {
  const presentation = present(command);
  const pidFile = resolve(wish.pidFile);
  const log = await openOfflineLog(wish, new Date());
  const child = startDetached(eraseSecrets(argv, program), log.fd);
  let isUnderWay = false;
  try {
    void child.send({
      type: 'begin',
      version: productVersion,
      argv: [...argv],
      environment: definedOnly(process.env),
      pidFile,
      canAsk: terminalAsker.canAsk(),
    });
    const end = await converse(child, presentation);
    switch (end.type) {
      case 'ended':
        return end.exitCode;
      case 'failed':
        throw failureOf(end);
      case 'started': {
        // Before it is told: the terminal may be closed as soon as it is, and takes this process with it.
        await child.send({ type: 'go' });
        isUnderWay = true;
        const departure = {
          runId: end.runId,
          runDirectory: end.runDirectory,
          pid: child.pid,
          logFile: log.file,
          commandFlags: command.config.wasNamed ? ['--config', command.config.file] : [],
        };
        presentation.people(renderDeparture(departure));
        tellEnd(presentation, 'started', 0, {
          run_id: end.runId,
          run_directory: end.runDirectory,
          pid: child.pid,
          log_file: log.file,
          pid_file: pidFile,
        });
        return 0;
      }
      default:
        return end satisfies never;
    }
  } finally {
    child.cut();
    if (isUnderWay) child.forget();
    else await child.ended;
    await log.close({ keep: isUnderWay });
  }
}

type End = Extract<FromDetached, { type: 'started' | 'ended' | 'failed' }>;

/** The same that the detached process ends with, thrown here. */
function failureOf({ code, message, hint, problems, exitStatus }: Extract<End, { type: 'failed' }>): Error {
  const error =
    problems === undefined
      ? new SuperviseError(code, message, { hint })
      : new ConfigurationError(problems, { hint });
  return endOfCommand(error).exitStatus === exitStatus ? error : new RunFailure(error);
}

/** Passes on what the detached process says and asks, until it has begun its run or has none. */
async function converse(child: DetachedProcess, presentation: Presentation): Promise<End> {
  for await (const raw of child.messages()) {
    const message = fromDetachedSchema.parse(raw);
    switch (message.type) {
      case 'ask':
        await child.send(await answer(message));
        break;
      case 'notice':
        presentation.view.notice(message.level, message.text, message.vault);
        break;
      case 'people':
        presentation.people(message.text);
        break;
      case 'document':
        presentation.document(message.content);
        break;
      case 'started':
      case 'ended':
      case 'failed':
        return message;
      default:
        message satisfies never;
    }
  }
  throw new SuperviseError('crashed', 'the process in the background ended before it had begun', {
    hint: 'Try the same command without --offline: it says more there.',
  });
}

async function answer({ kind, question }: Extract<FromDetached, { type: 'ask' }>): Promise<ToDetached> {
  try {
    const text = await (kind === 'secret' ? terminalAsker.secret(question) : terminalAsker.text(question));
    return { type: 'answer', declined: false, ...(text === undefined ? {} : { text }) };
  } catch (error) {
    if (error instanceof SuperviseError && error.code === 'interrupted')
      return { type: 'answer', declined: true };
    throw error;
  }
}

function definedOnly(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

interface Departure {
  readonly runId: string;
  readonly runDirectory: string;
  readonly pid: number | undefined;
  readonly logFile: string;
  readonly commandFlags: readonly string[];
}

/** What a person needs who leaves a run alone: where it is, how to follow, stop and resume it. */
function renderDeparture(departure: Departure): string {
  const { runId, runDirectory, pid, commandFlags } = departure;
  const command = (...words: string[]): string => words.map(shellWord).join(' ');
  return [
    `Run ${runId} goes on in the background (process ${pid ?? 'unknown'}).`,
    `  follow:  ${command('tail', '-f', near(departure.logFile))}`,
    `  watch:   ${command('skyflow-supervise', 'monitor', near(runDirectory))}`,
    `  stop:    ${command('skyflow-supervise', 'stop', near(runDirectory))}`,
    `  resume:  ${command('skyflow-supervise', 'resume', near(runDirectory), ...commandFlags)}`,
    '',
  ].join('\n');
}

/** A path as it is shortest from here, where that stays inside this directory. */
function near(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere === '' || fromHere.startsWith('..') ? path : fromHere;
}

interface OfflineLog {
  readonly file: string;
  readonly fd: number;
  /** Without `keep` a file that was made here is removed again: nothing was begun. */
  close(options: { readonly keep: boolean }): Promise<void>;
}

/** Opens the file that takes the output: a named one at its end, else a new one named after the time in UTC, with a number where that is taken. */
async function openOfflineLog(
  { logFile: named, filesOf }: Pick<OfflineWish, 'logFile' | 'filesOf'>,
  now: Date,
): Promise<OfflineLog> {
  let file = resolve(named ?? defaultName(filesOf, now));
  const create = async (): Promise<FileHandle | undefined> =>
    await open(file, 'ax', 0o600).catch((error: unknown) => {
      if (systemCode(error) === 'EEXIST') return undefined;
      throw error;
    });
  try {
    let made = await create();
    for (let count = 2; made === undefined && named === undefined; count += 1) {
      file = resolve(defaultName(filesOf, now, `-${count}`));
      made = await create();
    }
    const handle = made ?? (isDevice(file) ? await open(file, 'a') : await openPrivate(file, 'a'));
    return {
      file,
      fd: handle.fd,
      close: async ({ keep }) => {
        await handle.close();
        if (!keep && made !== undefined) await rm(file, { force: true });
      },
    };
  } catch (error) {
    if (error instanceof SuperviseError) throw error;
    throw new SuperviseError('storage', `the log ${file} cannot be opened (${systemCode(error) ?? ''})`, {
      hint: 'Name another one with --log-file.',
      cause: error,
    });
  }
}

/** Such as `/dev/null`: everybody may write to it, and nobody reads it. */
function isDevice(file: string): boolean {
  return file.startsWith('/dev/');
}

/** As the replaced loader puts it together: `skyflow-supervise-YYYYMMDD-HHMMSS.log`. */
function defaultName(program: string, now: Date, number = ''): string {
  const stamp = now.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${program}-${stamp}${number}.log`;
}

const program = join(packageFolder, 'dist/supervisor/offline/main.js');

interface DetachedProcess {
  readonly pid: number | undefined;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  /** What it says, until the line is cut or the process ends. */
  messages(): AsyncGenerator;
  send(message: ToDetached): Promise<void>;
  /** Cuts the line: a process that has not begun its run ends. */
  cut(): void;
  /** This process does not wait for that one. */
  forget(): void;
}

/**
 * A process in a session of its own, whose stdout and stderr are the log. `shownWords` are what `ps` shows behind the
 * program, for people; it does not read them. Its environment is that of a child: everything else goes over the line.
 */
function startDetached(shownWords: readonly string[], logFd: number): DetachedProcess {
  const { NODE_OPTIONS } = process.env;
  const child = fork(program, shownWords, {
    detached: true,
    execArgv: [...process.execArgv, ...withoutInspector],
    stdio: ['ignore', logFd, logFd, 'ipc'],
    env: { ...childEnvironment(process.env), ...(NODE_OPTIONS === undefined ? {} : { NODE_OPTIONS }) },
  });
  const over = new AbortController();
  child.once('disconnect', () => over.abort());
  // Listened to from the start: what is said before anybody reads must not be lost.
  const said = on(child, 'message', { signal: over.signal });
  return {
    pid: child.pid,
    ended: once(child, 'exit').then(() => undefined),
    async *messages() {
      try {
        for await (const [message] of said) yield message as unknown;
      } catch (error) {
        if (!over.signal.aborted) throw error;
      }
    },
    send: (message) =>
      new Promise((resolve) => {
        if (!child.connected) resolve();
        else child.send(message, () => resolve());
      }),
    cut: () => {
      if (child.connected) child.disconnect();
    },
    forget: () => child.unref(),
  };
}
