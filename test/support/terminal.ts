import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { shellWord } from '../../supervisor/command-line/shell-word.js';
import { waitUntil } from './wait-until.js';

const program = fileURLToPath(new URL('../../supervisor/main.js', import.meta.url));
const scriptProgram = 'script';

/** util-linux's `script` gives a command a terminal of its own; BSD's has other flags. */
const version = spawnSync(scriptProgram, ['--version'], { encoding: 'utf8' });
const hasScript = version.status === 0 && version.stdout.includes('util-linux');

/** Options of a test that needs a terminal: it is skipped, visibly, where none can be made. */
export const needsTerminal = hasScript ? {} : { skip: 'needs script(1) of util-linux for a terminal' };

export const keys = { enter: '\r', ctrlC: '\u0003', down: '\u001b[B', space: ' ' } as const;

export interface TerminalOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What the shell of the terminal does with the command, instead of becoming it. */
  readonly shell?: (command: string) => string;
}

/** The built program in a terminal of 80 columns, with somebody at the keyboard. Disposing ends it. */
export interface TerminalSession extends AsyncDisposable {
  /** What was shown since the last thing was typed, without escape sequences. */
  shown(): string;
  /** Everything that was ever shown. */
  all(): string;
  /** The same with escape sequences. */
  raw(): string;
  type(text: string): void;
  /** Closes the window. */
  hangUp(): void;
  /** Waits until the text is shown, then types. */
  answer(question: RegExp, ...typed: readonly string[]): Promise<void>;
  /** The exit status. */
  readonly ended: Promise<number | null>;
}

export function startInTerminal(argv: readonly string[], options: TerminalOptions): TerminalSession {
  const command = [process.execPath, program, ...argv].map(shellWord).join(' ');
  const { PATH = '', HOME = '' } = process.env;
  const terminal = spawn(
    scriptProgram,
    ['-qefc', `stty cols 80 rows 40; ${options.shell?.(command) ?? `exec ${command}`}`, '/dev/null'],
    {
      cwd: options.cwd,
      env: {
        PATH,
        HOME,
        TMPDIR: options.cwd,
        XDG_STATE_HOME: join(options.cwd, '.state'),
        TERM: 'xterm-256color',
        LANG: 'C.UTF-8',
        SHELL: '/bin/sh',
        ...options.env,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  let everything = '';
  let seen = 0;
  let isOver = false;
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => (everything += text));
  const ended = once(terminal, 'close').then(([status]) => {
    isOver = true;
    return status as number | null;
  });
  const all = (): string => stripVTControlCharacters(everything);
  const shown = (): string => stripVTControlCharacters(everything.slice(seen));
  const type = (text: string): void => {
    seen = everything.length;
    terminal.stdin.write(text);
  };
  // What is typed after the end reaches nobody.
  terminal.stdin.on('error', () => undefined);
  return {
    all,
    raw: () => everything,
    type,
    hangUp: () => void terminal.kill('SIGKILL'),
    shown,
    ended,
    async answer(question, ...typed) {
      const what = (): string => `the terminal shows ${question.source}, and not only\n${all()}`;
      await waitUntil(what, () => {
        if (isOver && !question.test(shown())) throw new Error(`ended before ${question.source}:\n${all()}`);
        return question.test(shown());
      });
      for (const text of typed) type(text);
    },
    async [Symbol.asyncDispose]() {
      if (!isOver) terminal.kill('SIGKILL');
      await ended;
    },
  };
}
