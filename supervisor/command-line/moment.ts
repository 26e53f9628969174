/**
 * A moment as people give it: `06:00` (the next time that the clock of this machine says so), or a date with time in ISO
 * 8601 (`2027-01-02T06:00`, local unless it says otherwise). Undefined for what is none.
 */
export function parseMoment(text: string, now: Date): Date | undefined {
  const clock = /^(\d{1,2}):(\d{2})$/.exec(text);
  if (clock === null) {
    const at = new Date(text);
    return /^\d{4}-\d{2}-\d{2}T/.test(text) && !Number.isNaN(at.getTime()) ? at : undefined;
  }
  const [hours, minutes] = [Number(clock[1]), Number(clock[2])];
  if (hours > 23 || minutes > 59) return undefined;
  const at = new Date(now);
  at.setHours(hours, minutes, 0, 0);
  if (at <= now) at.setDate(at.getDate() + 1);
  return at;
}
