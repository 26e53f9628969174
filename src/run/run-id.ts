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

/** The time that a run id carries, whole seconds. */
export function runIdTime(runId: string): Date {
  const match = pattern.exec(runId);
  if (match === null) throw new RangeError(`not a run id: ${runId}`);
  const [, year, month, day, hour, minute, second] = match;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** `YYYYMMDD_HHMMSS` in UTC, as the reference names its error logs. */
export function fileStamp(time: Date): string {
  return time.toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15);
}
