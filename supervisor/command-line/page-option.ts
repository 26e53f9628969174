import type { Flag } from './flag.js';
import type { Option } from './option.js';

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
