import type { Pool } from 'undici';

/**
 * undici's pool alone. The package as a whole brings fetch, WebSocket, caches and mocks along, and takes twice as
 * long to load, in every child; where a release has its files elsewhere, it is the package as a whole.
 */
export async function loadPool(): Promise<typeof Pool> {
  try {
    return (await import('undici/lib/dispatcher/pool.js')).default;
  } catch {
    return (await import('undici')).Pool;
  }
}
