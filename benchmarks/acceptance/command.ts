import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { cleanEnvironment } from '../target/program.js';

/** A command of the program that runs, in a process group of its own; so are its children. */
export interface RunningCommand {
  readonly isOver: boolean;
  /** kill -9 of the supervisor alone, which leaves its children to themselves, or of all of them at once. */
  kill(who: 'supervisor' | 'all'): void;
  /** An orderly end. */
  stop(): void;
  /** Never rejects; the status is -1 after a kill. */
  readonly ended: Promise<{ readonly status: number; readonly said: string }>;
}

export function startCommand(
  [file = '', ...argv]: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): RunningCommand {
  const child = spawn(file, argv, {
    ...{ cwd, env: { ...cleanEnvironment(), ...env }, detached: true },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  const signal = (pid: number | undefined, name: NodeJS.Signals): void => {
    try {
      if (pid !== undefined) process.kill(pid, name);
    } catch {
      // It has ended meanwhile.
    }
  };
  return {
    get isOver() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    kill: (who) => {
      if (child.pid === undefined) return;
      for (const pid of [child.pid, ...(who === 'all' ? descendantsOf(child.pid) : [])])
        signal(pid, 'SIGKILL');
    },
    stop: () => signal(child.pid, 'SIGTERM'),
    ended: Promise.all([text(child.stdout), text(child.stderr), closed]).then(([stdout, stderr]) => ({
      status: child.exitCode ?? -1,
      said: stdout + stderr,
    })),
  };
}

/** The children of a process, and theirs, as Linux tells them. */
function descendantsOf(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return [...children, ...children.flatMap(descendantsOf)];
  } catch {
    return [];
  }
}
