import type { Attended } from '../command-line/shared-options.js';
import type { RunView } from '../view/run-view.js';
import type { RunObserver } from './run-observer.js';

/** Those who follow a run besides the view, from before it is begun to the end of the command. */
export interface Attendance extends AsyncDisposable {
  readonly observers: readonly RunObserver[];
}

/** Whom the command's flags ask for. Throws `usage` when the port for metrics cannot be had: nothing is begun then. */
export async function attendRun(
  { metrics, onEvent }: Attended,
  view: RunView,
  others: readonly RunObserver[],
): Promise<Attendance> {
  const observers: RunObserver[] = [...others];
  let close: () => Promise<void> = () => Promise.resolve();
  if (metrics !== undefined) {
    const { serveMetrics } = await import('../metrics/serve-metrics.js');
    const server = await serveMetrics(metrics);
    view.notice('info', `metrics: ${server.url}`);
    if (!server.isLoopback)
      view.notice(
        'warn',
        `whoever reaches ${metrics.host} can read the metrics: names of vaults, and counts`,
      );
    observers.push(server.observer);
    close = () => server.close();
  }
  if (onEvent !== undefined) {
    const { EventObserver } = await import('../events/event-observer.js');
    observers.push(new EventObserver({ command: onEvent, view, environment: process.env }));
  }
  return { observers, [Symbol.asyncDispose]: close };
}
