import type { Stats } from 'node:fs';
import { openPrivate } from '../../src/trust/open-private.js';
import { readTimeline } from '../timeline/read-timeline.js';
import { timelineSampleSchema, type TimelineSample } from '../timeline/timeline-sample.js';
import type { PageUpdate } from './page-update.js';

/** Follows a timeline that is written meanwhile, reading what is new. A file that was replaced is another generation. */
export class TimelineTail {
  readonly #file: string;
  #generation = 0;
  #samples: TimelineSample[] = [];
  #seen: { readonly inode: number; readonly bytes: number } | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** What a page that knows so many samples of a generation does not know yet. */
  async since(known: {
    readonly generation: number;
    readonly count: number;
  }): Promise<PageUpdate['history']> {
    await this.#follow().catch(() => undefined);
    const from = known.generation === this.#generation ? Math.min(known.count, this.#samples.length) : 0;
    return { generation: this.#generation, from, samples: this.#samples.slice(from) };
  }

  async #follow(): Promise<void> {
    const handle = await openPrivate(this.#file, 'r');
    try {
      const { ino: inode, size } = await handle.stat();
      if (this.#seen?.inode !== inode || size < this.#seen.bytes) {
        await this.#readAnew({ ino: inode, size });
        return;
      }
      const more = Buffer.alloc(size - this.#seen.bytes);
      if (more.length === 0) return;
      const { bytesRead } = await handle.read(more, 0, more.length, this.#seen.bytes);
      // A line that is being written is read when it stands there.
      const end = more.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
      this.#seen = { inode, bytes: this.#seen.bytes + end };
      for (const line of more.subarray(0, end).toString('utf8').split('\n')) {
        if (line !== '') this.#samples.push(timelineSampleSchema.parse(JSON.parse(line)));
      }
    } finally {
      await handle.close();
    }
  }

  async #readAnew({ ino: inode, size: bytes }: Pick<Stats, 'ino' | 'size'>): Promise<void> {
    const { samples } = await readTimeline(this.#file);
    this.#generation += 1;
    this.#samples = [...samples];
    this.#seen = { inode, bytes };
  }
}
