/**
 * For a process that holds data: files it makes are its owner's alone, and no diagnostic report holds its memory.
 * Core dumps are refused by the limit under which the supervisor starts a child; heap snapshots need a flag that
 * nobody passes (NODE_OPTIONS is not handed on).
 */
export function hardenProcess(): void {
  process.umask(0o077);
  process.report.reportOnFatalError = false;
  process.report.reportOnSignal = false;
  process.report.reportOnUncaughtException = false;
}
