import { asciiSymbols, unicodeSymbols, type Symbols } from './symbols.js';

/** What a reader's screen or file can show. */
export interface TextStyle {
  readonly unicode: boolean;
  readonly color: boolean;
}

export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'strong' | 'accent';

const SGR: Readonly<Record<Tone, readonly [number, number]>> = {
  good: [32, 39],
  bad: [31, 39],
  warn: [33, 39],
  accent: [36, 39],
  dim: [2, 22],
  strong: [1, 22],
};

/** `text` in a tone, unchanged where the style has no colours. */
export function paint(style: TextStyle, tone: Tone, text: string): string {
  if (!style.color || text === '') return text;
  const [on, off] = SGR[tone];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

/** A line across, so many columns wide. */
export function drawRule(style: TextStyle, columns: number): string {
  return paint(style, 'dim', symbolsOf(style).rule.repeat(columns));
}

/** The signs of a style; each is one column wide but the ellipsis and those of the replaced loader. */
export function symbolsOf(style: TextStyle): Symbols {
  return style.unicode ? unicodeSymbols : asciiSymbols;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Symbols beyond ASCII when the locale says UTF-8 (LC_ALL before LC_CTYPE before LANG, as in POSIX); colours on
 * a terminal that is not `dumb`, unless NO_COLOR; FORCE_COLOR has the last word, as in Node itself.
 */
export function detectTextStyle(options: {
  readonly env: Environment;
  readonly isTerminal: boolean;
}): TextStyle {
  const { env } = options;
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => (value ?? '') !== '') ?? '';
  return { unicode: /utf-?8/i.test(locale), color: wantsColor(env, options.isTerminal) };
}

function wantsColor(env: Environment, isTerminal: boolean): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return isTerminal && env['TERM'] !== 'dumb';
}
