import type { Attended } from '../command-line/attendance-options.js';
import { assertPageIsAllowed } from '../command-line/page-option.js';
import type { Presentation } from '../view/present.js';
import type { RunObserver } from './run-observer.js';

/** Those who follow a run besides the view, from before it is begun to the end of the command. */
export interface Attendance extends AsyncDisposable {
  readonly observers: readonly RunObserver[];
}

/** Whom the command's flags ask for. Throws `usage` when the port for metrics cannot be had: nothing is begun then. */
export async function attendRun(
  { page, metrics, onEvent, heartbeat, log, schedule }: Attended,
  { view, people }: Pick<Presentation, 'view' | 'people'>,
  { others, web }: { readonly others: readonly RunObserver[]; readonly web: boolean },
): Promise<Attendance> {
  const observers: RunObserver[] = [...others];
  const closers: (() => Promise<void>)[] = [];
  if (page !== undefined) {
    assertPageIsAllowed(web);
    const { LivePage } = await import('../page/live-page.js');
    const { servePage } = await import('../page/serve-page.js');
    const live = new LivePage();
    const server = await servePage(page.port, live);
    people(`page: ${server.url}\n`);
    observers.push(live);
    closers.push(() => server.close());
  }
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
    closers.push(() => server.close());
  }
  if (onEvent !== undefined) {
    const { EventObserver } = await import('../events/event-observer.js');
    const { finishBy } = schedule;
    observers.push(new EventObserver({ command: onEvent, view, environment: process.env, finishBy }));
  }
  if (heartbeat !== undefined) {
    const { Heartbeat } = await import('../events/heartbeat.js');
    observers.push(new Heartbeat({ to: heartbeat, view, environment: process.env }));
  }
  if (schedule.finishBy !== undefined) {
    const { FinishNotice } = await import('../events/finish-notice.js');
    observers.push(new FinishNotice({ finishBy: schedule.finishBy, view }));
  }
  if (log !== undefined) {
    const { JsonLog, lineWriter } = await import('../events/json-log.js');
    observers.push(new JsonLog({ write: lineWriter(log.file), finishBy: schedule.finishBy }));
  }
  return {
    observers,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(closers.map((close) => close()));
    },
  };
}
