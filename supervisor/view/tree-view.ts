import { Listr } from 'listr2';
import type { TextStyle } from '../../src/report/text-style.js';
import type { RunBegin } from '../observers/run-observer.js';
import type { NoticeLevel, VaultState } from '../run/vault-state.js';
import { renderNotice } from './render-notice.js';
import {
  PROCESS_CLOCK,
  terminalSize,
  type RunView,
  type TextStream,
  type ViewClock,
  type ViewOptions,
} from './run-view.js';
import { TreeRenderer } from './tree-renderer.js';
import { VaultTask } from './vault-task.js';
import { writeForPeople } from './write-for-people.js';

/** The live task tree: a task of listr2 for each vault, all at once, drawn by our own renderer. */
export class TreeView implements RunView {
  readonly #stream: TextStream;
  readonly #style: TextStyle;
  readonly #clock: ViewClock;
  readonly #vaults = new Map<string, VaultTask>();
  #isBegun = false;
  /** While the tree is shown. */
  #renderer: TreeRenderer | undefined;

  constructor({ stream, style, clock = PROCESS_CLOCK }: ViewOptions) {
    this.#stream = stream;
    this.#style = style;
    this.#clock = clock;
  }

  begun({ vaults, directory }: Pick<RunBegin, 'vaults'> & Partial<RunBegin>): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    for (const name of vaults) this.#vaults.set(name, new VaultTask());
    const tasks = [...this.#vaults].map(([name, task]) => task.describe(name));
    const tree = new Listr<unknown, typeof TreeRenderer, 'silent'>(tasks, {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      renderer: TreeRenderer,
      rendererOptions: {
        stream: this.#stream,
        style: this.#style,
        clock: this.#clock,
        // A run ends with a summary, which has a table of its vaults.
        givesWay: directory !== undefined,
        onBegun: (renderer) => {
          this.#renderer = renderer;
        },
      },
    });
    tree.run().catch(() => undefined);
  }

  changed(vault: string, state: VaultState): void {
    this.#vaults.get(vault)?.become(state);
  }

  notice(level: NoticeLevel, text: string, vault?: string): void {
    if (this.#renderer !== undefined) {
      this.#renderer.notice(level, text, vault);
      return;
    }
    const { columns } = terminalSize(this.#stream);
    const lines = renderNotice({ level, text, vault, style: this.#style, columns });
    writeForPeople(this.#stream, `${lines.join('\n')}\n`);
  }

  suspend(): () => void {
    return this.#renderer?.suspend() ?? (() => undefined);
  }

  settled(): void {
    this.#renderer?.finish();
    this.#renderer = undefined;
    for (const task of this.#vaults.values()) task.end();
  }
}
