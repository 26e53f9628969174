import { gatherAlike } from '../../src/report/gather-alike.js';
import type { TextStyle } from '../../src/report/text-style.js';
import type { NoticeLevel } from '../run/vault-state.js';
import { renderNotice } from './render-notice.js';

interface RecentNotice {
  readonly level: NoticeLevel;
  readonly text: string;
  readonly vault: string | undefined;
}

/** After so long without another one, nobody is likely to say the same. */
const quietMs = 2_000;
/** But none waits longer. */
const mostMs = 10_000;

/** The newest notices, as long as others may join them: what several vaults say alike is one notice with all their names. */
export class RecentNotices {
  #notices: RecentNotice[] = [];
  #firstMs = 0;
  #lastMs = 0;

  add(notice: RecentNotice, nowMs: number): void {
    if (this.#notices.length === 0) this.#firstMs = nowMs;
    this.#lastMs = nowMs;
    this.#notices.push(notice);
  }

  /** Whether nothing is likely to join them any more. */
  areOver(nowMs: number): boolean {
    return nowMs - this.#lastMs >= quietMs || nowMs - this.#firstMs >= mostMs;
  }

  /** As whole lines of at most `columns`. */
  lines(columns: number, style: TextStyle): string[] {
    return linesOf(this.#notices, columns, style);
  }

  /** The same lines, for any number of columns, which are then somebody else's; undefined where there are none. */
  take(style: TextStyle): ((columns: number) => string[]) | undefined {
    const notices = this.#notices;
    this.#notices = [];
    return notices.length === 0 ? undefined : (columns) => linesOf(notices, columns, style);
  }
}

function linesOf(notices: readonly RecentNotice[], columns: number, style: TextStyle): string[] {
  const said = gatherAlike(notices, {
    name: ({ vault = '' }) => vault,
    message: ({ text }) => text,
    besides: ({ level, vault }) => `${level} ${vault === undefined ? 'of the run' : 'of a vault'}`,
  });
  return said.flatMap(({ names, message: text, first: { level, vault } }) =>
    renderNotice({ level, text, vault: vault && names.join(', '), style, columns }),
  );
}
