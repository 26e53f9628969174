import { setFlagsFromString } from 'node:v8';
import type { Pool } from 'undici';

/**
 * undici's pool alone. The package as a whole brings fetch, WebSocket, caches and mocks along, and takes twice as
 * long to load, in every child; where a release has its files elsewhere, it is the package as a whole.
 *
 * Its parser is WebAssembly, one function of 50 KB, which V8 finds hot after a few answers and then optimises: that takes
 * every child 150 ms of CPU and 18 MB, and saves microseconds per answer, which no measurement has shown.
 */
export async function loadPool(): Promise<typeof Pool> {
  setFlagsFromString('--wasm-tiering-budget=2000000000');
  try {
    return (await import('undici/lib/dispatcher/pool.js')).default;
  } catch {
    return (await import('undici')).Pool;
  }
}
