import type { Run } from '../command-line/program.js';
import type { OfflineWish } from '../command-line/attendance-options.js';
import type { RunObserver } from '../observers/run-observer.js';
import { present, type Presentation, type TalkWishes } from '../view/present.js';
import type { Departing } from './go-offline.js';

/** A command's work, wherever it is done. */
type Work<Told> = (
  given: Told,
  presentation: Presentation,
  observers: readonly RunObserver[],
) => Promise<number>;

/**
 * What runs a command that can go on without a terminal: with `--offline` the same command in a process of its own,
 * else, and in that process, the work itself.
 */
export function hereOrOffline<
  Told extends Departing & TalkWishes & { readonly offline: OfflineWish | undefined },
>(work: Work<Told>): Run<Told> {
  return async (given, surroundings) => {
    const { detached } = surroundings;
    if (given.offline === undefined || detached !== undefined)
      return work(given, (detached?.present ?? present)(given), detached?.observers ?? []);
    return (await import('./go-offline.js')).goOffline(given, given.offline, surroundings);
  };
}
