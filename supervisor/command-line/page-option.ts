import type { Flag } from './flag.js';
import type { Option } from './option.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';

/** A page that shows the run in a browser. */
export interface PageWish {
  /** 0: any free port. */
  readonly port: number;
}

const flag: Flag = {
  name: '--web',
  placeholder: '[PORT]',
  valueAlone: '0',
  description:
    'Show the run in a page for a browser on this machine; its address, with a key for one use, is printed.',
  group: 'output',
};

/** `--web`, on any free port, or `--web PORT`. */
export const page: Option<PageWish | undefined> = {
  flags: [flag],
  read: (words) => {
    const port = words.wholeNumber(flag.name, 0, 65_535);
    return port === undefined ? undefined : { port };
  },
};

/** Throws `usage` where the configuration forbids pages. */
export function assertPageIsAllowed(web: boolean): void {
  if (web) return;
  throw new SuperviseError('usage', 'the configuration forbids --web (`web: false`)', {
    hint: 'Watch the run in a terminal: skyflow-supervise monitor',
  });
}
