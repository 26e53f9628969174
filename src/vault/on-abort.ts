/** Those who wait for one signal. */
interface Waiting {
  readonly leaving: ((() => void) | undefined)[];
  /** Places in `leaving` that nobody has. */
  readonly free: number[];
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls `leave` when the signal is aborted; the function returned takes it back. However many wait, a signal
 * gets one listener: a vault's signal is shared by all its workers, and Node warns from the eleventh on.
 *
 * They stand in an array whose places are used again, and in no Set: that gets another table again and again, and each
 * table that is left behind keeps whatever stood in it last (a request, its body, its answer) until V8 looks through
 * all of the heap.
 */
export function onAbort(signal: AbortSignal, leave: () => void): () => void {
  const { leaving, free } = waiting.get(signal) ?? begin(signal);
  const place = free.pop() ?? leaving.length;
  leaving[place] = leave;
  return () => {
    if (leaving[place] !== leave) return;
    leaving[place] = undefined;
    free.push(place);
  };
}

function begin(signal: AbortSignal): Waiting {
  const begun: Waiting = { leaving: [], free: [] };
  waiting.set(signal, begun);
  const leaveAll = (): void => {
    for (const one of [...begun.leaving]) one?.();
  };
  signal.addEventListener('abort', leaveAll, { once: true });
  return begun;
}
