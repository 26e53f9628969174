const LONGEST_MS = 5 * 60_000;

/**
 * The pause in milliseconds that a `Retry-After` header asks for (seconds or an HTTP date), 5 minutes at most;
 * undefined when there is none that can be read.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(LONGEST_MS, Math.ceil(Number(text) * 1000));
  // Only a date that names a day and a time: Date.parse() takes almost anything for a date.
  if (!/^[A-Za-z]{3,9},? .*\d{2}:\d{2}:\d{2}/.test(text)) return undefined;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.min(LONGEST_MS, Math.max(0, dateMs - nowMs));
}

/**
 * The same of an `X-RateLimit-Reset` header, which names the moment in seconds since 1970; undefined for anything else,
 * also for a moment that is over.
 */
export function parseReset(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (!/^\d{9,11}(\.\d+)?$/.test(text)) return undefined;
  const pauseMs = Math.ceil(Number(text) * 1000 - nowMs);
  return pauseMs > 0 ? Math.min(LONGEST_MS, pauseMs) : undefined;
}
