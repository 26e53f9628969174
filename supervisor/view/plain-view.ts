import { amountOf } from '../../src/figures/figure.js';
import type { VaultSnapshot } from '../../src/figures/snapshot.js';
import { formatCount, formatDuration, formatPercent } from '../../src/report/format-numbers.js';
import { singleLine } from '../../src/report/screen-text.js';
import { type TextStyle, symbolsOf } from '../../src/report/text-style.js';
import { renderNotice } from './render-notice.js';
import type { RunBegin } from '../observers/run-observer.js';
import {
  PROCESS_CLOCK,
  type RunView,
  type TextStream,
  type ViewClock,
  type ViewOptions,
} from './run-view.js';
import type { NoticeLevel, VaultState } from '../run/vault-state.js';
import { statusWord, wordsOf } from './task-words.js';
import { writeForPeople } from './write-for-people.js';
import { averageMs } from '../../src/figures/latency-histogram.js';

const LIVE_MS = 3000;
const MINUTE_MS = 60_000;
const MANY_ROWS = 1_000_000;
const STEP_RECORDS = 10_000;

interface Watched {
  state: VaultState;
  /** `read` and the time at the last progress line. */
  shownRead: number;
  shownMs: number;
}

/**
 * For logs and pipes: whole lines only, each beginning with its vault. A `[LIVE]` line every 3 s while a vault
 * loads; a `Progress:` line every 1 % (10,000 records while the total is unknown), above a million rows once a
 * minute; a line for each change of phase.
 */
export class PlainView implements RunView {
  readonly #stream: TextStream;
  readonly #style: TextStyle;
  readonly #clock: ViewClock;
  readonly #vaults = new Map<string, Watched>();
  #stopLive: (() => void) | undefined;

  constructor({ stream, style, clock = PROCESS_CLOCK }: ViewOptions) {
    this.#stream = stream;
    this.#style = style;
    this.#clock = clock;
  }

  begun({ vaults }: Pick<RunBegin, 'vaults'>): void {
    if (this.#stopLive !== undefined) return;
    for (const name of vaults) {
      this.#vaults.set(name, {
        state: { phase: 'waiting', restarts: 0 },
        shownRead: 0,
        shownMs: this.#clock.nowMs(),
      });
    }
    this.#stopLive = this.#clock.every(LIVE_MS, () => {
      for (const [name, { state }] of this.#vaults) {
        if (state.snapshot === undefined || (state.phase !== 'loading' && state.phase !== 'draining'))
          continue;
        this.#write(name, renderLiveLine(state.snapshot));
      }
    });
  }

  changed(vault: string, state: VaultState): void {
    const watched = this.#vaults.get(vault);
    if (watched === undefined || this.#stopLive === undefined) return;
    const before = watched.state;
    watched.state = state;
    if (state.phase === 'finished') {
      if (before.phase === 'finished') return;
      this.#showProgress(vault, watched, true);
      this.#write(vault, endOf(state));
      return;
    }
    if (state.phase !== before.phase) this.#write(vault, beginningOf(state));
    this.#showProgress(vault, watched, false);
  }

  notice(level: NoticeLevel, text: string, vault?: string): void {
    for (const line of renderNotice({ level, text, vault, style: this.#style }))
      writeForPeople(this.#stream, `${line}\n`);
  }

  suspend(): () => void {
    return () => undefined;
  }

  settled(): void {
    this.#stopLive?.();
    this.#stopLive = undefined;
    this.#vaults.clear();
  }

  #showProgress(vault: string, watched: Watched, isLast: boolean): void {
    const { snapshot } = watched.state;
    if (snapshot === undefined) return;
    const nowMs = this.#clock.nowMs();
    const isDue = isLast ? snapshot.read > watched.shownRead : isStepDue(snapshot, watched, nowMs);
    if (!isDue) return;
    watched.shownRead = snapshot.read;
    watched.shownMs = nowMs;
    this.#write(vault, renderProgressLine(snapshot, this.#style));
  }

  #write(vault: string, line: string): void {
    writeForPeople(this.#stream, `[${vault}] ${line}\n`);
  }
}

function isStepDue(
  { rows_total: rowsTotal, read }: VaultSnapshot,
  { shownRead, shownMs }: Watched,
  nowMs: number,
): boolean {
  if (read <= shownRead) return false;
  if ((rowsTotal ?? read) > MANY_ROWS) return nowMs - shownMs >= MINUTE_MS;
  const stepRecords = rowsTotal === null ? STEP_RECORDS : Math.max(1, rowsTotal / 100);
  return Math.floor(read / stepRecords) > Math.floor(shownRead / stepRecords);
}

function beginningOf(state: VaultState): string {
  const message = state.message === undefined ? '' : `: ${singleLine(state.message)}`;
  switch (state.phase) {
    case 'waiting':
      return `Waiting${message}`;
    case 'checking':
      return `${capitalised(wordsOf(state).checking)}${message}`;
    case 'loading': {
      const rows = state.snapshot?.rows_total ?? undefined;
      return `${capitalised(wordsOf(state).doing)}${rows === undefined ? '' : ` ${formatCount(rows)} rows`}${message}`;
    }
    case 'draining':
      return `Stopping: requests in flight are finished${message}`;
    case 'restarting':
      return `Restarting (restart ${state.restarts})${message}`;
    case 'finished':
      return endOf(state);
    default:
      return state.phase satisfies never;
  }
}

function endOf(state: VaultState): string {
  const words = wordsOf(state);
  const status = statusWord(words, state.status ?? 'incomplete');
  const message = state.message === undefined ? '' : `: ${singleLine(state.message)}`;
  if (state.snapshot === undefined) return `Finished, ${status}${message}`;
  const { uploaded, failed, skipped_by_reason: skipped, timed_wall_ms: passedMs } = state.snapshot;
  const figures =
    `${formatCount(uploaded)} ${words.good}, ${formatCount(failed)} ${words.bad}, ` +
    `${formatCount(amountOf(skipped))} skipped in ${formatDuration(passedMs)}`;
  return `Finished, ${status}: ${figures}${message}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The `[LIVE]` line, in the words of the loader being replaced: its `429s` are all answers that throttle. */
function renderLiveLine(at: VaultSnapshot): string {
  const ms = (valueMs: number): string => `${Math.round(valueMs)}ms`;
  return [
    `[LIVE] Workers: ${at.workers.active}/${at.workers.configured}`,
    `HTTP: ${at.in_flight} in-flight`,
    `Req: ${Math.round(at.requests_per_second)}/s`,
    `Rec: ${Math.round(at.records_per_second)}/s`,
    `Latency: avg=${ms(averageMs(at.latency))} min=${ms(at.latency.min_ms)} max=${ms(at.latency.max_ms)}`,
    `429s: ${at.throttled}`,
  ].join(' | ');
}

/** The `Progress:` line, in the words of the loader being replaced. Percents are cut and not rounded. */
function renderProgressLine(at: VaultSnapshot, style: TextStyle): string {
  const { rows_total: rowsTotal, read, batches } = at;
  const done =
    rowsTotal === null
      ? `${read} records`
      : `${read}/${rowsTotal} records (${formatPercent(read, rowsTotal)})`;
  const succeeded = batches.immediate + batches.retried;
  const success = Math.floor((succeeded * 100) / Math.max(1, succeeded + batches.failed));
  const share = succeeded + batches.failed === 0 ? '' : ` (${success}% success)`;
  const { batchesGood: good, batchesBad: bad } = symbolsOf(style);
  return [
    `Progress: ${done} - ${Math.round(at.records_per_second)} records/sec`,
    `Batches: ${succeeded}${good} (${batches.immediate} immediate, ${batches.retried} retried) ${batches.failed}${bad}${share}`,
    `429s: ${at.throttled}`,
  ].join(' | ');
}
