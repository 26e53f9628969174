import { Listr, type ListrRenderer } from 'listr2';
import { cutToWidth, singleLine } from '../../src/report/screen-text.js';
import { symbolsOf, type TextStyle } from '../../src/report/text-style.js';
import { fitHeight } from './fit-height.js';
import { LiveRegion } from './live-region.js';
import { renderNotice } from './render-notice.js';
import type { RunBegin } from '../run/run-observer.js';
import { renderTotalLine } from './render-total-line.js';
import { renderRemarks, renderVaultLines, type VaultRow } from './render-vault-line.js';
import { PROCESS_CLOCK, terminalSize, type RunView, type TextStream, type ViewClock } from './run-view.js';
import type { NoticeLevel, VaultState } from '../run/vault-state.js';
import { writeForPeople } from './write-for-people.js';

const REDRAW_MS = 200;

/**
 * listr2's own renderer takes its width from stdout alone and once, holds back what others write until the end,
 * and redraws at every change. Ours leaves drawing to the view, which knows the stream, the time and the size.
 */
class ViewRenderer implements ListrRenderer {
  static readonly nonTTY = true;
  static readonly rendererOptions: { readonly begin: () => void } = { begin: () => undefined };
  static readonly rendererTaskOptions: Record<string, never> = {};
  readonly #begin: () => void;

  constructor(_tasks: unknown, options: { readonly begin: () => void }) {
    this.#begin = options.begin;
  }

  render(): void {
    this.#begin();
  }

  end(): void {
    // The view closes the region: notices may still come after the last vault's end.
  }
}

interface VaultTask {
  state: VaultState;
  readonly ended: Promise<void>;
  readonly succeed: () => void;
  readonly fail: (reason: Error) => void;
}

/**
 * The live task tree: one listr2 task per vault, all at once, each lasting until its vault has finished. A
 * task's title is the vault's line and its output what stands under the line; both are set five times a second
 * from the last state, so that any number of updates costs nothing.
 */
export class TreeView implements RunView {
  readonly #stream: TextStream;
  readonly #style: TextStyle;
  readonly #clock: ViewClock;
  readonly #region: LiveRegion;
  readonly #vaults = new Map<string, VaultTask>();
  #tree: Listr<unknown, typeof ViewRenderer, 'silent'> | undefined;
  #stopRedrawing: (() => void) | undefined;
  #frame = 0;
  #begunMs = 0;
  /** Notices that wait for the terminal; undefined while it is ours. */
  #held: string[] | undefined;
  readonly #resized = (): void => {
    this.#redraw();
  };

  constructor(options: {
    readonly stream: TextStream;
    readonly style: TextStyle;
    readonly clock?: ViewClock;
  }) {
    this.#stream = options.stream;
    this.#style = options.style;
    this.#clock = options.clock ?? PROCESS_CLOCK;
    this.#region = new LiveRegion(options.stream);
  }

  begun({ vaults }: Pick<RunBegin, 'vaults'>): void {
    if (this.#tree !== undefined) return;
    this.#begunMs = this.#clock.nowMs();
    for (const name of vaults) this.#vaults.set(name, waitingTask());
    this.#tree = new Listr<unknown, typeof ViewRenderer, 'silent'>(
      [...this.#vaults].map(([title, { ended }]) => ({ title, task: () => ended })),
      {
        concurrent: true,
        exitOnError: false,
        registerSignalListeners: false,
        renderer: ViewRenderer,
        rendererOptions: {
          begin: () => {
            this.#region.open();
          },
        },
      },
    );
    this.#tree.run().catch(() => undefined);
    this.#stream.on?.('resize', this.#resized);
    this.#stopRedrawing = this.#clock.every(REDRAW_MS, () => {
      this.#frame += 1;
      this.#redraw();
    });
    this.#redraw();
  }

  changed(vault: string, state: VaultState): void {
    const task = this.#vaults.get(vault);
    if (task === undefined) return;
    task.state = state;
    if (state.phase !== 'finished') return;
    if (state.status === 'incomplete' || state.status === 'not_started') {
      task.fail(new Error(singleLine(state.message ?? state.status)));
    } else {
      task.succeed();
    }
  }

  notice(level: NoticeLevel, text: string, vault?: string): void {
    const { columns } = terminalSize(this.#stream);
    const lines = renderNotice({ level, text, vault, style: this.#style, columns });
    if (this.#held !== undefined) this.#held.push(...lines);
    else if (this.#stopRedrawing === undefined) writeForPeople(this.#stream, `${lines.join('\n')}\n`);
    else this.#region.printAbove(lines);
  }

  suspend(): () => void {
    if (this.#stopRedrawing === undefined || this.#held !== undefined) return () => undefined;
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

  settled(): void {
    if (this.#stopRedrawing === undefined) return;
    this.#stopRedrawing();
    this.#stopRedrawing = undefined;
    this.#stream.off?.('resize', this.#resized);
    this.#region.close(this.#lines(Infinity));
    for (const { succeed } of this.#vaults.values()) succeed();
  }

  #redraw(): void {
    this.#region.draw(this.#lines(terminalSize(this.#stream).rows - 1));
  }

  /** Brings the tasks up to date and reads the tree off them. */
  #lines(maxLines: number): string[] {
    const { columns } = terminalSize(this.#stream);
    const nowMs = this.#clock.nowMs();
    const options = { columns, style: this.#style, frame: this.#frame };
    const rows: VaultRow[] = [...this.#vaults].map(([name, { state }]) => ({ name, state }));
    const titles = renderVaultLines(rows, options);
    const tasks = this.#tree?.tasks ?? [];
    const blocks = tasks.map((task, at) => {
      const state = rows[at]?.state;
      const message = state === undefined ? [] : renderRemarks(state, { ...options, nowMs });
      task.title = titles[at] ?? '';
      task.output = message.join('\n');
      return { line: task.title, message, isFinished: state?.phase === 'finished' };
    });
    const { ellipsis } = symbolsOf(this.#style);
    const hasTotal =
      rows.length > 1 && maxLines < Infinity && rows.some(({ state }) => state.snapshot !== undefined);
    const lines = fitHeight(blocks, hasTotal ? maxLines - 1 : maxLines, (hidden) =>
      cutToWidth(`${ellipsis} ${hidden} more vaults`, columns, ''),
    );
    if (!hasTotal) return lines;
    const states = rows.map(({ state }) => state);
    return [...lines, renderTotalLine(states, { ...options, elapsedMs: nowMs - this.#begunMs })];
  }
}

function waitingTask(): VaultTask {
  let succeed: () => void = () => undefined;
  let fail: (reason: Error) => void = () => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    succeed = resolve;
    fail = reject;
  });
  // listr2 takes it up a few turns later; until then a vault that fails at once is not unhandled.
  ended.catch(() => undefined);
  return { state: { phase: 'waiting', restarts: 0 }, ended, succeed, fail };
}
