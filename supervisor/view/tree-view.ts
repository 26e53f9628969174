import {
  Listr,
  ListrTaskState,
  type ListrRendererFactory,
  type ListrTask,
  type ListrTaskWrapper,
} from 'listr2';
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
import { writeForPeople } from './write-for-people.js';
import { singleLine } from '../../src/report/screen-text.js';
import { wordsOf } from './task-words.js';

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

type Renderer = typeof TreeRenderer;
type Wrapper = ListrTaskWrapper<unknown, Renderer, ListrRendererFactory>;

/**
 * A vault as a task of listr2. What its process does one after the other are the sub-tasks; a process that dies fails the
 * one it is at, and the process that is started next is the task's retry, with sub-tasks of its own.
 */
export class VaultTask {
  state: VaultState = { phase: 'waiting', restarts: 0 };
  /** Of the present process, or of the next one. */
  #life = new Life();
  #wrapper: Wrapper | undefined;

  /** What listr2 is told. */
  describe(name: string): ListrTask<unknown, Renderer, ListrRendererFactory> {
    return {
      title: name,
      // The supervisor decides how often; listr2 never does.
      retry: { tries: Number.MAX_SAFE_INTEGER },
      rendererOptions: { vault: this },
      task: (_, wrapper) => {
        this.#wrapper = wrapper;
        const { checking, doing } = wordsOf(this.state);
        const { checked, done } = this.#life;
        return wrapper.newListr(
          [
            { title: checking, task: () => checked.promise },
            { title: doing, task: () => done.promise },
          ],
          { concurrent: false, exitOnError: true },
        );
      },
    };
  }

  become(state: VaultState): void {
    const before = this.state.phase;
    this.state = state;
    switch (state.phase) {
      case 'waiting':
      case 'checking':
        return;
      case 'loading':
      case 'draining':
        this.#life.checked.resolve();
        return;
      case 'restarting':
        if (before === 'restarting') return;
        this.#life.fail(new Error(singleLine(state.message ?? 'its process has ended')));
        this.#life = new Life();
        return;
      case 'finished':
        if ((state.status === 'incomplete' || state.status === 'not_started') && this.#wrapper !== undefined)
          // For good: an error would be a reason to try again.
          this.#wrapper.task.state$ = ListrTaskState.FAILED;
        this.end();
        return;
      default:
        state.phase satisfies never;
    }
  }

  /** Nothing more comes. */
  end(): void {
    this.#life.checked.resolve();
    this.#life.done.resolve();
  }
}

/** What one process does, one after the other. */
class Life {
  readonly checked = new Deferred();
  readonly done = new Deferred();

  fail(reason: Error): void {
    this.checked.reject(reason);
    this.done.reject(reason);
  }
}

class Deferred {
  resolve: () => void = () => undefined;
  reject: (reason: Error) => void = () => undefined;
  readonly promise = new Promise<void>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor() {
    // listr2 takes it up a few turns later; until then what fails at once is not unhandled.
    this.promise.catch(() => undefined);
  }
}
