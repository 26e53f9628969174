import type { MonitorCommand } from '../command-line/command.js';
export async function monitorCommand(_command: MonitorCommand): Promise<number> {
  return 0;
}
