import type { TimelineSample } from '../timeline/timeline-sample.js';
import type { PageState, PageUpdate } from './page-update.js';

/** What the page is about. */
export interface PageSource {
  /** How things stand. */
  read(): Promise<{ readonly state: PageState; readonly now: TimelineSample }>;
  /** What there is of the history beyond so many samples of a generation. */
  history(known: { readonly generation: number; readonly count: number }): Promise<PageUpdate['history']>;
}

/** Between two answers to a page. */
const intervalMs = 1_000;
/** A page that asked so recently is open. */
const openMs = 5_000;
/** How long the last word waits for pages that are between two questions. */
const lastWordMs = 1_500;

/**
 * Answers to the open pages: at once to one that knows nothing, else once a second, and at the end to all of them, so
 * that each keeps the last state. Nothing is done while nobody looks.
 */
export class PageUpdates {
  readonly #source: PageSource;
  readonly #pages = new Map<string, { atMs: number; knowsTheEnd: boolean }>();
  #tick = new Tick();
  #timer: NodeJS.Timeout | undefined;
  #reading: ReturnType<PageSource['read']> | undefined;
  #isClosing = false;

  constructor(source: PageSource) {
    this.#source = source;
  }

  /** The next one for a page that says what it knows: `page`, and `after` as `generation.count`. */
  async next(query: URLSearchParams): Promise<string> {
    const [generation = 0, count = 0] = (query.get('after') ?? '').split('.').map(Number);
    const page = (query.get('page') ?? '').slice(0, 64);
    const isNew = !this.#pages.has(page);
    this.#seen(page);
    if (!isNew && !this.#isClosing) await this.#nextTick();
    const [{ state, now }, history] = await Promise.all([
      this.#read(),
      this.#source.history({ generation, count }),
    ]);
    this.#seen(page, state.ended !== null);
    return JSON.stringify({ state, now, history } satisfies PageUpdate);
  }

  /** Resolves when every open page knows the last state, or a moment later. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#reading = undefined;
    clearTimeout(this.#timer);
    this.#tick.resolve();
    const untilMs = performance.now() + lastWordMs;
    while (performance.now() < untilMs && this.#areWaiting())
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** One for all pages that ask together: each is compared with the one before. */
  #read(): ReturnType<PageSource['read']> {
    this.#reading ??= this.#source
      .read()
      .finally(() => setTimeout(() => (this.#reading = undefined), 100).unref());
    return this.#reading;
  }

  #areWaiting(): boolean {
    const sinceMs = performance.now() - openMs;
    return [...this.#pages.values()].some(({ atMs, knowsTheEnd }) => atMs > sinceMs && !knowsTheEnd);
  }

  #seen(page: string, knowsTheEnd = false): void {
    const atMs = performance.now();
    for (const [one, seen] of this.#pages) if (seen.atMs < atMs - openMs) this.#pages.delete(one);
    this.#pages.set(page, { atMs, knowsTheEnd });
  }

  #nextTick(): Promise<void> {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const tick = this.#tick;
      this.#tick = new Tick();
      tick.resolve();
    }, intervalMs).unref();
    return this.#tick.promise;
  }
}

class Tick {
  resolve: () => void = () => undefined;
  readonly promise = new Promise<void>((resolve) => {
    this.resolve = resolve;
  });
}
