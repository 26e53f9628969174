import { formatCount } from '../../src/report/format-numbers.js';
import type { ListrRenderer } from 'listr2';
import { cutToWidth, displayWidth } from '../../src/report/screen-text.js';
import { symbolsOf, type TextStyle } from '../../src/report/text-style.js';
import { asTyped } from './write-for-people.js';
import { fitHeight } from './fit-height.js';
import { LiveRegion } from './live-region.js';
import { renderTotalLine } from './render-total-line.js';
import { renderRemarks, renderVaultLines, type VaultRow } from './render-vault-line.js';
import { terminalSize, type TextStream, type ViewClock } from './run-view.js';
import type { NoticeLevel, VaultState } from '../run/vault-state.js';
import { renderNotice } from './render-notice.js';
import { gatherAlike } from '../../src/report/gather-alike.js';

const redrawMs = 200;

export type TreeRendererOptions = Readonly<{
  stream: TextStream;
  style: TextStyle;
  clock: ViewClock;
  /** What is said at the end says all that the tree does: it leaves nothing. */
  givesWay: boolean;
  /** It has begun to draw. */
  onBegun: (renderer: TreeRenderer) => void;
}>;

/** What stands with a task of listr2: where its vault is. */
export type DrawnTaskOptions = Readonly<{ vault?: { readonly state: VaultState } }>;

/** What is read of such a task. */
interface DrawnTask {
  readonly initialTitle?: string;
  readonly rendererTaskOptions: DrawnTaskOptions;
}

/**
 * Draws the tasks of a run. listr2's own renderers take their width from stdout alone and once, hold back what others write
 * until the end, and redraw at every change. This one reads the tasks five times a second, so that any number of
 * changes costs nothing: a line for each vault, figures under each other, with what there is to say of it below.
 */
export class TreeRenderer implements ListrRenderer {
  static readonly nonTTY = true;
  static readonly rendererOptions: TreeRendererOptions;
  static readonly rendererTaskOptions: DrawnTaskOptions;
  readonly #tasks: readonly DrawnTask[];
  readonly #options: TreeRendererOptions;
  readonly #region: LiveRegion;
  readonly #begunMs: number;
  readonly #recent = new RecentNotices();
  readonly #redraw = (): void => {
    const { stream, style, clock } = this.#options;
    const { columns, rows } = terminalSize(stream);
    const recent = this.#recent.lines(columns, style);
    const mayBeJoined =
      !this.#recent.areOver(clock.nowMs()) &&
      recent.length < rows / 3 &&
      recent.every((line) => displayWidth(line) <= columns);
    if (!mayBeJoined) this.#settleRecent();
    const above = mayBeJoined ? recent : [];
    this.#region.draw([...above, ...this.#lines(rows - 1 - above.length)]);
  };
  #stopRedrawing: (() => void) | undefined;
  #frame = 0;
  /** What waits for the terminal; undefined while it is ours. */
  #held: ((columns: number) => string[])[] | undefined;

  constructor(tasks: readonly DrawnTask[], options: TreeRendererOptions) {
    this.#tasks = tasks;
    this.#options = options;
    this.#region = new LiveRegion(options.stream);
    this.#begunMs = options.clock.nowMs();
  }

  render(): void {
    const { stream, clock, onBegun } = this.#options;
    this.#region.open();
    stream.on?.('resize', this.#redraw);
    this.#stopRedrawing = clock.every(redrawMs, () => {
      this.#frame += 1;
      this.#redraw();
    });
    this.#redraw();
    onBegun(this);
  }

  /** All tasks are at their end; lines may still come above them until `finish`. */
  end(): void {
    return;
  }

  /** Says it above the tree, together with others of other vaults that say the same. */
  notice(level: NoticeLevel, text: string, vault: string | undefined): void {
    const { style, clock } = this.#options;
    if (this.#held === undefined) {
      this.#recent.add({ level, text: asTyped(text), vault }, clock.nowMs());
      this.#redraw();
    } else this.#held.push((columns) => renderNotice({ level, text, vault, style, columns }));
  }

  /** Gives the terminal to somebody else until what it returns is called. */
  suspend(): () => void {
    if (this.#held !== undefined) return () => undefined;
    this.#settleRecent();
    this.#region.close([]);
    this.#held = [];
    return () => {
      const held = this.#held ?? [];
      this.#held = undefined;
      if (this.#stopRedrawing === undefined) return;
      this.#region.open();
      for (const said of held) this.#region.printAbove(said);
      this.#redraw();
    };
  }

  /** Leaves the last state, unless it gives way to what comes, and gives the terminal back. */
  finish(): void {
    const { stream, givesWay } = this.#options;
    this.#stopRedrawing?.();
    this.#stopRedrawing = undefined;
    stream.off?.('resize', this.#redraw);
    this.#settleRecent();
    this.#region.close(givesWay ? [] : this.#lines(Infinity));
  }

  /** What was said lately stays as it is now. */
  #settleRecent(): void {
    const said = this.#recent.take(this.#options.style);
    if (said !== undefined) this.#region.printAbove(said);
  }

  #lines(maxLines: number): string[] {
    const { stream, style, clock } = this.#options;
    const { columns } = terminalSize(stream);
    const nowMs = clock.nowMs();
    const layout = { columns, style, frame: this.#frame, nowMs };
    const rows = this.#tasks.flatMap(
      ({ initialTitle: name = '', rendererTaskOptions: { vault } }): VaultRow[] =>
        vault === undefined ? [] : [{ name, state: vault.state }],
    );
    const lines = renderVaultLines(rows, layout);
    const blocks = rows.map(({ state }, at) => ({
      line: lines[at] ?? '',
      // What the matter was is said once more at the end, by whoever began it.
      message: maxLines === Infinity ? [] : renderRemarks(state, layout),
      isFinished: state.phase === 'finished',
    }));
    const states = rows.map(({ state }) => state);
    const hasTotal = maxLines < Infinity && states.some(({ snapshot }) => snapshot !== undefined);
    const fitting = fitHeight(blocks, hasTotal ? maxLines - 1 : maxLines, (hidden) =>
      cutToWidth(`${symbolsOf(style).ellipsis} ${formatCount(hidden)} more vaults`, columns, ''),
    );
    if (!hasTotal) return fitting;
    return [...fitting, renderTotalLine(states, { ...layout, elapsedMs: nowMs - this.#begunMs })];
  }
}

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
class RecentNotices {
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
