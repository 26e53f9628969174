import { constants, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { SuperviseError, systemCode } from '../../src/errors/supervise-error.js';
import { statuses } from '../../src/status/statuses.js';
import type { RunBegin, RunEnd, RunObserver } from '../observers/run-observer.js';
import type { NoticeLevel, VaultPhase, VaultState } from '../run/vault-state.js';
import { writeForPeople } from '../view/write-for-people.js';
import { RunWatch } from './run-watch.js';

/** What happens, by its stable code: docs/operating.md lists them. */
export const EVENT_CODES = [
  'run_begun',
  'vault_phase',
  'vault_progress',
  'run_paused',
  'run_resumed',
  'vault_restarting',
  'vault_stalled',
  'run_behind',
  'notice',
  'run_ended',
] as const;
export type EventCode = (typeof EVENT_CODES)[number];

const codeOf = {
  paused: 'run_paused',
  resumed: 'run_resumed',
  restarting: 'vault_restarting',
  stalled: 'vault_stalled',
  behind: 'run_behind',
} as const;

/** How grave the end of a run is, by the tone that its status has for people. */
const levelOf = { good: 'info', warn: 'warn', bad: 'error' } as const;

const progressMs = 30_000;
export interface JsonLogOptions {
  /** Takes a line, without its end. */
  readonly write: (line: string) => void;
  readonly finishBy?: Date | undefined;
  readonly now?: () => Date;
}

/**
 * `--log json`: one JSON line for each event, with time, level, code, run, host and, where it is about one, vault. Names,
 * figures and words of ours; nothing of records.
 */
export class JsonLog implements RunObserver {
  readonly #write: JsonLogOptions['write'];
  readonly #now: () => Date;
  readonly #watch: RunWatch;
  readonly #vaults = new Map<string, { phase: VaultPhase; progressMs: number }>();
  #run: string | undefined;

  constructor({ write, finishBy, now = () => new Date() }: JsonLogOptions) {
    this.#write = write;
    this.#now = now;
    this.#watch = new RunWatch({
      finishBy,
      now,
      tell: (event, vaults) => {
        if (event.event === 'done' || event.event === 'failed') return;
        const level = event.event === 'resumed' ? 'info' : 'warn';
        this.#line(level, codeOf[event.event], { reason: event.reason, vaults });
      },
    });
  }

  begun({ vaults, directory }: RunBegin): void {
    this.#run = directory?.runId;
    this.#watch.begin();
    this.#line('info', 'run_begun', { vaults });
  }

  changed(vault: string, state: VaultState): void {
    this.#watch.changed(vault, state);
    const { phase, status, snapshot, restarts } = state;
    const before = this.#vaults.get(vault);
    const nowMs = performance.now();
    const isOther = before?.phase !== phase;
    const isDue = nowMs - (before?.progressMs ?? nowMs) >= progressMs;
    if (isOther || isDue) this.#vaults.set(vault, { phase, progressMs: nowMs });
    if (isOther) this.#line('info', 'vault_phase', { vault, phase, status, restarts });
    if (snapshot === undefined || !(isDue || (isOther && phase === 'finished'))) return;
    const { rows_total, read, uploaded, failed, unsettled, records_per_second } = snapshot;
    const figures = { rows_total, read, uploaded, failed, unsettled, records_per_second };
    this.#line('info', 'vault_progress', { vault, ...figures });
  }

  notice(level: NoticeLevel, message: string, vault?: string): void {
    this.#line(level, 'notice', { vault, message });
  }

  settled(): void {
    this.#watch.close();
  }

  ended(end: RunEnd): void {
    if ('failure' in end) {
      this.#line('error', 'run_ended', { status: 'failed', error: end.failure.code });
      return;
    }
    const { status, exit_code, totals } = end.summary;
    const { read, uploaded, failed, unsettled } = totals;
    this.#line(levelOf[statuses[status].tone], 'run_ended', {
      status,
      exit_code,
      read,
      uploaded,
      failed,
      unsettled,
    });
  }

  #line(level: NoticeLevel, code: EventCode, facts: Readonly<Record<string, unknown>>): void {
    const head = { time: this.#now().toISOString(), level, code, run: this.#run, host: hostname() };
    this.#write(JSON.stringify({ ...head, ...facts }));
  }
}

/**
 * Writes lines to stderr, or appends them to a file of mode 0600; what cannot be written is lost, and the run goes on.
 * Throws `usage` for a file that cannot be opened.
 */
export function lineWriter(file: string | undefined): JsonLogOptions['write'] {
  if (file === undefined) return (line) => writeForPeople(process.stderr, `${line}\n`);
  const fd = openLog(file);
  return (line) => {
    try {
      writeSync(fd, `${line}\n`);
    } catch {
      return;
    }
  };
}

/** Through no link, and without waiting for the other end of a pipe. */
function openLog(file: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    return openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    const why = systemCode(error) ?? String(error);
    throw new SuperviseError('usage', `--log: ${file} cannot be written (${why})`, { cause: error });
  }
}
