import { SuperviseError } from '../../src/errors/supervise-error.js';

/** Throws `usage` where the configuration forbids pages. */
export function assertPageIsAllowed(web: boolean): void {
  if (web) return;
  throw new SuperviseError('usage', 'the configuration forbids --web (`web: false`)', {
    hint: 'Watch the run in a terminal: skyflow-supervise monitor',
  });
}
