import { randomBytes } from 'node:crypto';

const pattern = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-[0-9a-z]{8}$/;

/**
 * A new run id: `YYYYMMDDTHHMMSSZ-` and eight hex digits, three of them the milliseconds and five random: names sort by
 * time, those of one second too.
 */
export function newRunId(startedAt: Date): string {
  const stamp = startedAt
    .toISOString()
    .replace(/[-:]/g, '')
    .replace(/\.\d+Z$/, 'Z');
  const milliseconds = startedAt.getUTCMilliseconds().toString(16).padStart(3, '0');
  return `${stamp}-${milliseconds}${randomBytes(3).toString('hex').slice(1)}`;
}

export function isRunId(text: string): boolean {
  return pattern.test(text);
}

/** `YYYYMMDD_HHMMSS` in UTC, as the reference names its error logs. */
export function fileStamp(time: Date): string {
  return time.toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15);
}
