import { fork } from 'node:child_process';
import { on, once } from 'node:events';
import { join } from 'node:path';
import { withoutInspector } from '../../src/system/node-options.js';
import { packageFolder } from '../../src/product/product.js';
import { childEnvironment } from '../process/child-environment.js';
import type { ToDetached } from './offline-messages.js';

const program = join(packageFolder, 'dist/supervisor/offline/main.js');

export interface DetachedProcess {
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
export function startDetached(shownWords: readonly string[], logFd: number): DetachedProcess {
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
