import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Of both halves of the young generation: what a child has come to when it has loaded its program. */
const enoughBytes = 8 * 2 ** 20;

/**
 * Keeps V8 from giving young objects four times the room and more. What a load leaves behind are mostly buffers, of which
 * a small room is rid sooner, at less cost. It is no flag for the start of the process, since Node starts more slowly under
 * one (`nodeOptions`); and V8 gives room back while little happens, so that it is looked at now and then.
 */
export class YoungRoom {
  #mayGrow = true;

  /** Takes some microseconds. */
  bound(): void {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    const mayGrow = young !== undefined && young.space_size < enoughBytes;
    if (mayGrow === this.#mayGrow) return;
    this.#mayGrow = mayGrow;
    setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`);
  }
}
