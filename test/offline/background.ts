import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { isAlive, waitUntil } from '../support/wait-until.js';
import type { Workspace } from '../support/workspace.js';

/** What `--offline --json` says. */
export const departureSchema = z.object({
  status: z.literal('started'),
  exit_code: z.literal(0),
  run_id: z.string(),
  run_directory: z.string(),
  pid: z.int(),
  log_file: z.string(),
  pid_file: z.string(),
});

/** Ends what a test has left in the background, however the test ended. */
export class Background implements AsyncDisposable {
  readonly #workspace: Workspace;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** The pid in the PID file; undefined when there is none. */
  async pid(): Promise<number | undefined> {
    const text = await readFile(this.#workspace.at('skyflow-supervise.pid'), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : Number(text);
  }

  async gone(pid: number): Promise<void> {
    await waitUntil(`process ${pid} has ended`, () => !isAlive(pid));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pid = await this.pid();
    if (pid === undefined || !isAlive(pid)) return;
    process.kill(pid, 'SIGTERM');
    await this.gone(pid);
  }
}
