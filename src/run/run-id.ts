import { randomBytes } from 'node:crypto';

const pattern = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-[0-9a-z]{8}$/;

/** A new run id: `YYYYMMDDTHHMMSSZ-<8 random>`, so that names sort by time. */
export function newRunId(startedAt: Date): string {
  const stamp = startedAt
    .toISOString()
    .replace(/[-:]/g, '')
    .replace(/\.\d+Z$/, 'Z');
  return `${stamp}-${randomBytes(4).toString('hex')}`;
}

export function isRunId(text: string): boolean {
  return pattern.test(text);
}

/** `YYYYMMDD_HHMMSS` in UTC, as the reference names its error logs. */
export function fileStamp(time: Date): string {
  return time.toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15);
}
