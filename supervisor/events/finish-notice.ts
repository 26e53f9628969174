import type { RunObserver } from '../observers/run-observer.js';
import type { VaultState } from '../run/vault-state.js';
import type { RunView } from '../view/run-view.js';
import { RunWatch } from './run-watch.js';

/** Says as soon as it can be told that a run will not be at its end when it is to be (`--finish-by`). */
export class FinishNotice implements RunObserver {
  readonly #watch: RunWatch;

  constructor({ finishBy, view }: { readonly finishBy: Date; readonly view: RunView }) {
    const tell = (): void => {
      const finishes = this.#watch.finishes()?.toISOString() ?? 'later';
      view.notice(
        'warn',
        `behind: at this pace it will be finished at ${finishes}, and not by ${finishBy.toISOString()}`,
      );
    };
    this.#watch = new RunWatch({
      finishBy,
      tell: ({ event }) => {
        if (event === 'behind') tell();
      },
    });
  }

  begun(): void {
    this.#watch.begin();
  }

  changed(vault: string, state: VaultState): void {
    this.#watch.changed(vault, state);
  }

  settled(): void {
    this.#watch.close();
  }
}
