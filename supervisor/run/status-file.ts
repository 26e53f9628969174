import { writeFileAtomically } from '../../src/run/write-file-atomically.js';
import type { RunStatus } from './status-format.js';
import type { VaultState } from '../view/run-view.js';

const intervalMs = 1_000;

/**
 * `status.json`: where a run stands, replaced as a whole once a second, and at once when a vault enters a phase; for
 * `monitor` and scripts.
 */
export class StatusFile {
  readonly #file: string;
  readonly #runId: string;
  readonly #read: () => ReadonlyMap<string, { readonly state: VaultState; readonly pid: number | undefined }>;
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly file: string;
    readonly runId: string;
    readonly read: () => ReadonlyMap<
      string,
      { readonly state: VaultState; readonly pid: number | undefined }
    >;
  }) {
    this.#file = options.file;
    this.#runId = options.runId;
    this.#read = options.read;
    this.#timer = setInterval(() => this.write(), intervalMs);
    this.#timer.unref();
    this.write();
  }

  /** Writes the last state; resolves when nothing is written any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.write();
    await this.#writing;
  }

  write(): void {
    const vaults = [...this.#read()].map(([name, { state, pid }]) => ({ name, pid: pid ?? null, ...state }));
    const content: RunStatus = {
      format_version: 1,
      run_id: this.#runId,
      pid: process.pid,
      updated_at: new Date().toISOString(),
      vaults,
    };
    // One write after the other; a run does not end because its status cannot be shown.
    this.#writing = this.#writing
      .then(() => writeFileAtomically(this.#file, `${JSON.stringify(content)}\n`))
      .catch(() => undefined);
  }
}
