import type { TextStyle } from '../../src/report/text-style.js';
import { renderNotice } from './render-notice.js';
import type { RunView, TextStream, ViewOptions } from './run-view.js';
import type { NoticeLevel, VaultState } from '../run/vault-state.js';
import { writeForPeople } from './write-for-people.js';

/** Writes warnings and errors only, and why a vault could not be finished. */
export class QuietView implements RunView {
  readonly #stream: TextStream;
  readonly #style: TextStyle;
  readonly #reported = new Set<string>();
  #isFinished = false;

  constructor({ stream, style }: ViewOptions) {
    this.#stream = stream;
    this.#style = style;
  }

  begun(): void {
    // Nothing is shown before something is wrong.
  }

  changed(vault: string, state: VaultState): void {
    if (this.#isFinished || state.phase !== 'finished' || this.#reported.has(vault)) return;
    if (state.status !== 'incomplete' && state.status !== 'not_started') return;
    this.#reported.add(vault);
    this.notice('error', state.message ?? state.status.replaceAll('_', ' '), vault);
  }

  notice(level: NoticeLevel, text: string, vault?: string): void {
    if (level === 'info') return;
    for (const line of renderNotice({ level, text, vault, style: this.#style }))
      writeForPeople(this.#stream, `${line}\n`);
  }

  suspend(): () => void {
    return () => undefined;
  }

  settled(): void {
    this.#isFinished = true;
  }
}
