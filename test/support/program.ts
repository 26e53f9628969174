import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runHosted } from './program-host.js';
import type { User } from './users.js';
import { programLimitMs, within } from './wait-until.js';

export const programFile = fileURLToPath(new URL('../../supervisor/main.js', import.meta.url));

/** How a run of the program ended. */
export interface ProgramEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProgram {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Rejects, with what it has written, when it does not end in time from now on: it is killed then. */
  readonly ended: Promise<ProgramEnd>;
  /** What it has written so far, both streams. */
  output(): string;
  /** Resolves when the output so far matches; rejects when the program ends before, or in time says nothing like it. */
  outputMatches(pattern: RegExp): Promise<void>;
}

export interface ProgramOptions {
  readonly cwd: string;
  /** Beside PATH and HOME; the tests' own environment is not handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its outputs are terminals so wide, without a keyboard. */
  readonly columns?: number;
  /** Who runs it; absent: whoever runs the tests. */
  readonly user?: User;
  /** What a shell does with the command, `"$@"`: `exec "$@" >/dev/full`. */
  readonly shell?: string;
}

/** Starts the built program as its users do, without a terminal. */
export function startProgram(argv: readonly string[], options: ProgramOptions): RunningProgram {
  const command = [process.execPath, programFile, ...argv];
  const { shell } = options;
  const [file = '', ...words] = shell === undefined ? command : ['/bin/sh', '-c', shell, 'sh', ...command];
  const child = spawn(file, words, {
    cwd: options.cwd,
    env: environmentOf(options),
    ...options.user,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let both = '';
  const listeners = new Set<() => void>();
  const collect = (take: (text: string) => void) => (text: string) => {
    take(text);
    both += text;
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on(
    'data',
    collect((text) => (stdout += text)),
  );
  child.stderr.setEncoding('utf8').on(
    'data',
    collect((text) => (stderr += text)),
  );
  const closed = once(child, 'close').then(([status, signal]): ProgramEnd => ({
    status: status as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout,
    stderr,
  }));
  return {
    child,
    get ended() {
      return within(programLimitMs, closed, () => {
        child.kill('SIGKILL');
        return `the end of ${argv.join(' ')}, which has written:\n${both}`;
      });
    },
    output: () => both,
    outputMatches(pattern) {
      const seen = new Promise<void>((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(both)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        void closed.then(() =>
          reject(new Error(`the program ended before ${pattern.source} was seen:\n${both}`)),
        );
      });
      return within(programLimitMs, seen, () => `${pattern.source}, but only:\n${both}`);
    },
  };
}

/**
 * Runs the built program to its end: in a process that has run it before, where nothing is to be seen of it but what it
 * writes and its exit status, which is most of what a test wants and a quarter of the price.
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  const isPlain = options.shell === undefined && options.user === undefined;
  const run = { argv, cwd: options.cwd, env: environmentOf(options), columns: options.columns };
  const hosted = isPlain ? await runHosted(run) : undefined;
  if (options.columns !== undefined && hosted === undefined)
    throw new Error('only a program in the process beside the test has such terminals');
  return hosted ?? startProgram(argv, options).ended;
}

function environmentOf({ cwd, env }: ProgramOptions): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  const own = { PATH, HOME, TMPDIR: cwd, XDG_STATE_HOME: join(cwd, '.state'), LANG: 'C.UTF-8' };
  return { ...own, ...env };
}
