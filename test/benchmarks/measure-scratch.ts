import { StopRequests } from '../../benchmarks/command-line/stop-requests.js';
import { runMeasured, type MeasuredCommand } from '../../benchmarks/measure/run-measured.js';

/** Measures a process whose child uses so much CPU time and then ends. */
export async function measureScratch(burnMs: number): Promise<MeasuredCommand> {
  const burn = `while (process.cpuUsage().user + process.cpuUsage().system < ${burnMs * 1000});`;
  const wait = `
    const { spawnSync } = require('node:child_process');
    const { status } = spawnSync(process.execPath, ['-e', ${JSON.stringify(burn)}]);
    process.stdout.write(status === 0 ? 'burnt' : 'failed');`;
  const stop = new StopRequests();
  try {
    return await runMeasured(['-e', wait], { cwd: process.cwd(), environment: process.env, stop });
  } finally {
    stop.close();
  }
}
