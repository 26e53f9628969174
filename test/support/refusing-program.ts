import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProgramEnd } from './program.js';

const host = fileURLToPath(new URL('processes/refusing-program.js', import.meta.url));

/** The built program for command lines that it refuses: all of them, one after another, in one process beside the test. */
export interface RefusingProgram extends AsyncDisposable {
  run(argv: readonly string[], cwd: string): Promise<ProgramEnd>;
}

/** Starts it; its environment is that of `startProgram`, with `extra` beside. */
export function startRefusingProgram(
  folder: string,
  extra: Readonly<Record<string, string>> = {},
): RefusingProgram {
  const { PATH, HOME } = process.env;
  const child = fork(host, [], {
    cwd: folder,
    env: { PATH, HOME, TMPDIR: folder, XDG_STATE_HOME: join(folder, '.state'), LANG: 'C.UTF-8', ...extra },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  let last: Promise<unknown> = Promise.resolve();
  const runNow = async (argv: readonly string[], cwd: string): Promise<ProgramEnd> => {
    const answered = once(child, 'message');
    child.send({ argv, cwd });
    const gone = ended.then(() => Promise.reject(new Error(`the program ended: ${argv.join(' ')}`)));
    const [end] = (await Promise.race([answered, gone])) as [ProgramEnd];
    return end;
  };
  return {
    run(argv, cwd) {
      const run = last.then(() => runNow(argv, cwd));
      last = run.catch(() => undefined);
      return run;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
