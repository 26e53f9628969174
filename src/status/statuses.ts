import * as z from 'zod';
import { formatCount, plural } from '../report/format-numbers.js';
import { symbolsOf, type TextStyle, type Tone } from '../report/text-style.js';

/** The signals that end a run in an orderly way. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** As a shell has it: 128 and the signal's number. */
export const SIGNAL_EXIT = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const satisfies Record<
  StopSignal,
  number
>;

/** What the sentence of a status is about. */
interface Verdict {
  /** `12 records`. */
  readonly uploaded: string;
  readonly failed: number;
  /** Records that were in the vaults already, where not one was uploaded. */
  readonly onlyFound: number;
  readonly vaults: number;
  /** Of the vaults, those with rows left. */
  readonly unfinished: number;
}

interface StatusFacts {
  /** The exit statuses of a run that ended so: the usual one, or by signals. */
  readonly exits: readonly [number, ...number[]];
  /** The vault's source is at its end, or at the limit: nothing is left that `resume` would go on with. */
  readonly isAtItsEnd: boolean;
  /** What `--on-event` calls it; unfinished ones are paused or have failed, by their errors. */
  readonly event: 'done' | 'paused' | 'unfinished';
  readonly tone: Extract<Tone, 'good' | 'warn' | 'bad'>;
  /** As people read it. */
  readonly word: string;
  /** How a run ended. */
  readonly sentence: (verdict: Verdict) => string;
}

const couldNotBeFinished = ({ unfinished, vaults, uploaded }: Verdict): string =>
  `${formatCount(unfinished)} of ${plural(vaults, 'vault', 'vaults')} could not be finished; ${uploaded} uploaded.`;

/**
 * Everything about how a vault, or a run, may end; the worst first, which is what a whole is when its parts ended so. Exit status,
 * symbol, words, event and the schema of reports follow.
 */
export const statuses = {
  interrupted: {
    exits: [SIGNAL_EXIT.SIGHUP, SIGNAL_EXIT.SIGINT, SIGNAL_EXIT.SIGTERM],
    isAtItsEnd: false,
    event: 'paused',
    tone: 'warn',
    word: 'interrupted',
    sentence: ({ uploaded, unfinished }) =>
      `${uploaded} uploaded before the load was stopped; ${plural(unfinished, 'vault', 'vaults')} not finished.`,
  },
  incomplete: {
    exits: [3],
    isAtItsEnd: false,
    event: 'unfinished',
    tone: 'bad',
    word: 'incomplete',
    sentence: couldNotBeFinished,
  },
  not_started: {
    exits: [2],
    isAtItsEnd: false,
    event: 'unfinished',
    tone: 'bad',
    word: 'not started',
    sentence: couldNotBeFinished,
  },
  failures: {
    exits: [1],
    isAtItsEnd: true,
    event: 'done',
    tone: 'warn',
    word: 'failures',
    sentence: ({ uploaded, failed }) =>
      `${uploaded} uploaded, ${formatCount(failed)} failed and stand in the error log.`,
  },
  limited: {
    exits: [4],
    isAtItsEnd: true,
    event: 'done',
    tone: 'warn',
    word: 'limited',
    sentence: ({ uploaded }) =>
      `${uploaded} uploaded; a default limit ended the load before the end of the source.`,
  },
  complete: {
    exits: [0],
    isAtItsEnd: true,
    event: 'done',
    tone: 'good',
    word: 'complete',
    sentence: ({ uploaded, vaults, onlyFound }) =>
      onlyFound === 0
        ? `${uploaded} uploaded to ${plural(vaults, 'vault', 'vaults')}, none failed.`
        : `nothing had to be uploaded; ${plural(onlyFound, 'record was', 'records were')} in the ${vaults === 1 ? 'vault' : 'vaults'} already.`,
  },
} as const satisfies Readonly<Record<string, StatusFacts>>;

/** How a vault ended in its child. `limited`: a default limit stopped it before the end of the source. */
export type VaultStatus = keyof typeof statuses;
const WORST_FIRST = Object.keys(statuses) as [VaultStatus, ...VaultStatus[]];
export const vaultStatusSchema = z.enum(WORST_FIRST);

export function symbolFor(status: VaultStatus, style: TextStyle): string {
  return symbolsOf(style)[statuses[status].tone];
}

/** The status of a whole by those of its parts; undefined of none. */
export function worstOf(parts: readonly VaultStatus[]): VaultStatus | undefined {
  return WORST_FIRST.find((status) => parts.includes(status));
}
