const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `leave` when the signal is aborted; the function returned takes it back. However many wait, a signal
 * gets one listener: a vault's signal is shared by all its workers, and Node warns from the eleventh on.
 */
export function onAbort(signal: AbortSignal, leave: () => void): () => void {
  const known = waiting.get(signal);
  const leaving = known ?? new Set<() => void>();
  if (known === undefined) {
    waiting.set(signal, leaving);
    const leaveAll = () => {
      for (const one of [...leaving]) one();
    };
    signal.addEventListener('abort', leaveAll, { once: true });
  }
  leaving.add(leave);
  return () => {
    leaving.delete(leave);
  };
}
