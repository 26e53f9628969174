/** What one contender used, as the line of JSON that it prints. */
export interface Usage {
  readonly uploaded: number;
  /** Of the process, start-up included. */
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly peakRssBytes: number;
}

/** Prints the usage of this process up to now; `startedAt` leaves out what was used before. */
export function reportUsage(work: { uploaded: number; startedAt?: NodeJS.CpuUsage }): void {
  const { user, system } = process.cpuUsage(work.startedAt);
  const usage: Usage = {
    uploaded: work.uploaded,
    cpuMs: (user + system) / 1000,
    wallMs: performance.now(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
  process.stdout.write(`${JSON.stringify(usage)}\n`);
}
