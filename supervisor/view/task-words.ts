import type { VaultStatus } from '../../src/protocol/messages.js';
import type { VaultState } from './run-view.js';

/** What things are called in the lines of a vault, by what is done with it. */
export interface TaskWords {
  readonly checking: string;
  readonly doing: string;
  /** After the figure that a snapshot has as `uploaded`. */
  readonly good: string;
  /** After, or before, the figure that a snapshot has as `failed`. */
  readonly bad: string;
  readonly statuses: Readonly<Record<VaultStatus, string>>;
}

const statuses = {
  complete: 'complete',
  failures: 'failures',
  limited: 'limited',
  incomplete: 'incomplete',
  interrupted: 'interrupted',
  not_started: 'not started',
};

const load: TaskWords = {
  checking: 'checking the source',
  doing: 'loading',
  good: 'uploaded',
  bad: 'failed',
  statuses,
};

const verify: TaskWords = {
  checking: 'checking the source',
  doing: 'reading back',
  good: 'match',
  bad: 'wrong',
  // A sample that matches is no complete verification.
  statuses: { ...statuses, complete: 'all match', failures: 'differences' },
};

const clear: TaskWords = {
  checking: 'asking the vault',
  doing: 'deleting',
  good: 'deleted',
  bad: 'failed',
  statuses: { ...statuses, complete: 'cleared' },
};

const calibrate: TaskWords = {
  checking: 'asking the vault',
  doing: 'calibrating',
  good: 'test records',
  bad: 'failed',
  statuses: { ...statuses, complete: 'done' },
};

/** The words for what is done with this vault. */
export function wordsOf({ task }: Pick<VaultState, 'task'>): TaskWords {
  switch (task) {
    case undefined:
      return load;
    case 'verify':
      return verify;
    case 'clear':
      return clear;
    case 'calibrate':
      return calibrate;
    default:
      return task satisfies never;
  }
}
