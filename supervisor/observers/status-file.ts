import { writeFileAtomically } from '../../src/system/write-file.js';
import type { MachineState } from '../../src/store/machine-state.js';
import type { RunDirectory } from '../../src/run-record/run-directory.js';
import type { VaultState } from '../run/vault-state.js';
import type { RunBegin, RunObserver } from './run-observer.js';
import type { RunStatus } from './status-format.js';

const intervalMs = 1_000;

/**
 * `status.json`: where a run stands, replaced as a whole once a second, and at once when a vault enters a phase; for
 * `monitor` and scripts.
 */
export class StatusFile implements RunObserver {
  readonly #directory: RunDirectory;
  readonly #vaults = new Map<string, VaultState>();
  #machines: MachineState[] | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(directory: RunDirectory) {
    this.#directory = directory;
  }

  begun({ vaults }: RunBegin): void {
    for (const name of vaults) this.#vaults.set(name, { phase: 'waiting', restarts: 0 });
    this.#timer = setInterval(() => this.#write(), intervalMs);
    this.#timer.unref();
    this.#write();
  }

  changed(vault: string, state: VaultState): void {
    const before = this.#vaults.get(vault);
    this.#vaults.set(vault, state);
    if (before?.phase !== state.phase) this.#write();
  }

  machines(machines: readonly MachineState[]): void {
    this.#machines = [...machines];
  }

  /** Writes the last state; resolves when nothing is written any more. */
  async settled(): Promise<void> {
    clearInterval(this.#timer);
    this.#write();
    await this.#writing;
  }

  #write(): void {
    const content: RunStatus = {
      format_version: 1,
      run_id: this.#directory.runId,
      pid: process.pid,
      updated_at: new Date().toISOString(),
      // What a clock of this process says means nothing elsewhere.
      vaults: [...this.#vaults].map(([name, { pid = null, ...state }]) => ({
        name,
        pid,
        ...state,
        wait: undefined,
      })),
      ...(this.#machines === undefined ? {} : { machines: this.#machines }),
    };
    // One write after the other; a run does not end because its status cannot be shown.
    this.#writing = this.#writing
      .then(() => writeFileAtomically(this.#directory.statusFile, `${JSON.stringify(content)}\n`))
      .catch(() => undefined);
  }
}
