import type { VaultStatus } from '../../src/protocol/messages.js';
import { statuses } from '../../src/status/statuses.js';
import type { VaultState } from '../run/vault-state.js';

/** What things are called in the lines of a vault, by what is done with it. */
export interface TaskWords {
  readonly checking: string;
  readonly doing: string;
  /** After the figure that a snapshot has as `uploaded`. */
  readonly good: string;
  /** After, or before, the figure that a snapshot has as `failed`. */
  readonly bad: string;
  /** Where a status is called otherwise than where a table is loaded. */
  readonly statuses: Readonly<Partial<Record<VaultStatus, string>>>;
}

const load: TaskWords = {
  checking: 'checking the source',
  doing: 'loading',
  good: 'uploaded',
  bad: 'failed',
  statuses: {},
};

const verify: TaskWords = {
  checking: 'checking the source',
  doing: 'reading back',
  good: 'match',
  bad: 'wrong',
  // A sample that matches is no complete verification.
  statuses: { complete: 'all match', failures: 'differences' },
};

const clear: TaskWords = {
  checking: 'asking the vault',
  doing: 'deleting',
  good: 'deleted',
  bad: 'failed',
  statuses: { complete: 'deleted' },
};

const calibrate: TaskWords = {
  checking: 'asking the vault',
  doing: 'calibrating',
  good: 'test records',
  bad: 'failed',
  statuses: { complete: 'done' },
};

const qualify: TaskWords = { ...calibrate, doing: 'asking by experiments' };

/** The words for what is done with this vault. */
export function wordsOf({ task }: Pick<VaultState, 'task'>): TaskWords {
  switch (task) {
    case undefined:
    case 'plan':
      return load;
    case 'verify':
      return verify;
    case 'clear':
    case 'undo':
      return clear;
    case 'calibrate':
      return calibrate;
    case 'qualify':
      return qualify;
    default:
      return task satisfies never;
  }
}

/** What a status is called in the lines of a vault. */
export function statusWord(words: TaskWords, status: VaultStatus): string {
  return words.statuses[status] ?? statuses[status].word;
}
