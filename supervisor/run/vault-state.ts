import type { VaultSnapshot } from '../../src/figures/snapshot.js';
import type { VaultStatus } from '../../src/protocol/messages.js';
import type { Task } from '../../src/protocol/task.js';

/** Where a vault is, for a person. */
export const VAULT_PHASES = ['waiting', 'checking', 'loading', 'draining', 'restarting', 'finished'] as const;
export type VaultPhase = (typeof VAULT_PHASES)[number];

export interface VaultState {
  /** What is done with the vault; absent: it is loaded. */
  readonly task?: Task['kind'] | undefined;
  readonly phase: VaultPhase;
  /** Of all processes that this command has started for it, the present one included. */
  readonly snapshot?: VaultSnapshot | undefined;
  /** How it ended; set when `phase` is `finished`. */
  readonly status?: VaultStatus | undefined;
  /** One sentence of what is the matter; may hold text from outside. */
  readonly message?: string | undefined;
  readonly restarts: number;
  /** Of its present process; null between two. */
  readonly pid?: number | null | undefined;
  /** What comes when the monotonic clock of this process has reached `untilMs`; in plain words. */
  readonly wait?: { readonly untilMs: number; readonly then: string } | undefined;
  /** How the process before this one ended, if one did. */
  readonly lastDeath?: string | undefined;
  /** What it cannot go on without: another credential, or somebody's `go`. */
  readonly waitsFor?: 'credential' | 'go' | undefined;
}

export type NoticeLevel = 'info' | 'warn' | 'error';
