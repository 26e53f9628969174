/** Every sign that is not a letter: what stands on a screen, in a file or on a page is taken from here. */
export interface Symbols {
  readonly good: string;
  readonly bad: string;
  readonly warn: string;
  readonly waiting: string;
  /** There is no figure, or nothing was looked at. */
  readonly none: string;
  readonly restart: string;
  readonly under: string;
  readonly dot: string;
  readonly ellipsis: string;
  readonly barFull: string;
  readonly barEmpty: string;
  readonly rule: string;
  /** In the lines that the loader being replaced prints too, and programs may read. */
  readonly batchesGood: string;
  readonly batchesBad: string;
  readonly spinner: readonly string[];
}

export const unicodeSymbols: Symbols = {
  good: '✔',
  bad: '✖',
  warn: '⚠',
  waiting: '◼',
  none: '–',
  restart: '↻',
  under: '└',
  dot: '·',
  ellipsis: '…',
  barFull: '█',
  barEmpty: '░',
  rule: '─',
  batchesGood: '✅',
  batchesBad: '❌',
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
};

/** For a screen or file that may not show the others. */
export const asciiSymbols: Symbols = {
  good: '+',
  bad: 'x',
  warn: '!',
  waiting: '.',
  none: '-',
  restart: '~',
  under: '`',
  dot: '|',
  ellipsis: '...',
  barFull: '#',
  barEmpty: '-',
  rule: '-',
  batchesGood: ' ok',
  batchesBad: ' failed',
  spinner: ['-', '\\', '|', '/'],
};
