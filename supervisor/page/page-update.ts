import type { NextStep } from '../../src/report/render-verdict.js';
import type { TimelineSample } from '../timeline/timeline-sample.js';

/** What the live page is told, by the server of the same version: as it is shown, in words. */

export type PageTone = 'good' | 'bad' | 'warn' | 'dim' | 'strong' | 'accent';

/** A vault's row, or that of all together. */
export interface PageRow {
  readonly name: string;
  readonly word: string;
  readonly tone: PageTone;
  readonly isAtWork: boolean;
  readonly rows_total: number | null;
  readonly read: number;
  readonly uploaded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly not_sent: number;
  readonly answer_unknown: number;
  readonly records_per_second: number;
  readonly eta_ms: number | null;
  readonly in_flight: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly refused: number;
  readonly retries: number;
  readonly restarts: number;
  readonly remarks: readonly { readonly text: string; readonly tone: PageTone }[];
}

export interface PageState {
  readonly run_id: string;
  readonly began_at: string;
  /** Set when the command is at its end. */
  readonly ended: {
    readonly at: string;
    readonly text: string;
    readonly tone: PageTone;
    /** The command that comes next, if one does, and what it is for. */
    readonly next: NextStep | undefined;
  } | null;
  readonly total: PageRow;
  readonly vaults: readonly PageRow[];
  /** Of a run that several machines share, a line for each. */
  readonly machines: readonly string[];
  /** The last things that were said, oldest first. */
  readonly notices: readonly { readonly at: string; readonly level: string; readonly text: string }[];
}

/** One answer. */
export interface PageUpdate {
  readonly state: PageState;
  /** Of this moment, finer than the history of a long run. */
  readonly now: TimelineSample;
  readonly history: {
    /** Another one than before: what is known of the history is void. */
    readonly generation: number;
    /** How many samples came before these. */
    readonly from: number;
    readonly samples: readonly TimelineSample[];
  };
}
