import { formatCount } from '../../src/report/format-numbers.js';
import type { ListrRenderer } from 'listr2';
import { cutToWidth } from '../../src/report/screen-text.js';
import { symbolsOf, type TextStyle } from '../../src/report/text-style.js';
import { fitHeight } from './fit-height.js';
import { LiveRegion } from './live-region.js';
import { renderTotalLine } from './render-total-line.js';
import { renderRemarks, renderVaultLines, type VaultRow } from './render-vault-line.js';
import { terminalSize, type TextStream, type ViewClock } from './run-view.js';
import type { VaultState } from '../run/vault-state.js';

const redrawMs = 200;

export type TreeRendererOptions = Readonly<{
  stream: TextStream;
  style: TextStyle;
  clock: ViewClock;
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
  readonly #redraw = (): void => this.#region.draw(this.#lines(terminalSize(this.#options.stream).rows - 1));
  #stopRedrawing: (() => void) | undefined;
  #frame = 0;
  /** Lines that wait for the terminal; undefined while it is ours. */
  #held: string[] | undefined;

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

  printAbove(lines: readonly string[]): void {
    if (this.#held === undefined) this.#region.printAbove(lines);
    else this.#held.push(...lines);
  }

  /** Gives the terminal to somebody else until what it returns is called. */
  suspend(): () => void {
    if (this.#held !== undefined) return () => undefined;
    this.#region.close([]);
    this.#held = [];
    return () => {
      const held = this.#held ?? [];
      this.#held = undefined;
      if (this.#stopRedrawing === undefined) return;
      this.#region.open();
      if (held.length > 0) this.#region.printAbove(held);
      this.#redraw();
    };
  }

  /** Leaves the last state and gives the terminal back. */
  finish(): void {
    this.#stopRedrawing?.();
    this.#stopRedrawing = undefined;
    this.#options.stream.off?.('resize', this.#redraw);
    this.#region.close(this.#lines(Infinity));
  }

  #lines(maxLines: number): string[] {
    const { stream, style, clock } = this.#options;
    const { columns } = terminalSize(stream);
    const nowMs = clock.nowMs();
    const layout = { columns, style, frame: this.#frame };
    const rows = this.#tasks.flatMap(
      ({ initialTitle: name = '', rendererTaskOptions: { vault } }): VaultRow[] =>
        vault === undefined ? [] : [{ name, state: vault.state }],
    );
    const lines = renderVaultLines(rows, layout);
    const blocks = rows.map(({ state }, at) => ({
      line: lines[at] ?? '',
      message: renderRemarks(state, { ...layout, nowMs }),
      isFinished: state.phase === 'finished',
    }));
    const states = rows.map(({ state }) => state);
    const hasTotal =
      rows.length > 1 && maxLines < Infinity && states.some(({ snapshot }) => snapshot !== undefined);
    const fitting = fitHeight(blocks, hasTotal ? maxLines - 1 : maxLines, (hidden) =>
      cutToWidth(`${symbolsOf(style).ellipsis} ${formatCount(hidden)} more vaults`, columns, ''),
    );
    if (!hasTotal) return fitting;
    return [...fitting, renderTotalLine(states, { ...layout, elapsedMs: nowMs - this.#begunMs })];
  }
}
