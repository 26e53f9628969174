/** Which parts of a file begin with the headers; `none`: columns have numbers. Of one file alone it is the same. */
export const HEADER_MODES = ['every', 'first', 'none'] as const;
export type HeaderMode = (typeof HEADER_MODES)[number];

/** How fields are written: what is not of the usual kind is read by `DialectRows`. */
export interface Dialect {
  /** `auto`: the one that gives the wanted headers. */
  readonly delimiter: string;
  /** The character around fields; undefined: none. */
  readonly quote: string | undefined;
  readonly escape: 'doubled' | 'backslash' | 'none';
  /** What a backslash and a letter stand for, where the program that wrote the file says so. */
  readonly letters: Readonly<Record<string, string>>;
  /** Fields without quotes that stand for no value. */
  readonly nullStrings: readonly string[];
  /** Lines above the header, or above the first row of a file. */
  readonly skipLines: number;
  /** Lines that begin so are passed over. */
  readonly comment?: string | undefined;
  readonly header: HeaderMode;
}

export const usualDialect: Dialect = {
  delimiter: ',',
  quote: '"',
  escape: 'doubled',
  letters: {},
  nullStrings: [],
  skipLines: 0,
  header: 'every',
};

/** What programs write, by their own documentation, when they are told nothing else. */
export const namedDialects = {
  /** COPY INTO @stage without FIELD_OPTIONALLY_ENCLOSED_BY. */
  'snowflake-unload': {
    ...usualDialect,
    quote: undefined,
    escape: 'backslash',
    letters: { n: '\n', r: '\r', t: '\t' },
    nullStrings: ['\\N'],
  },
  /** SELECT … INTO OUTFILE. */
  'mysql-outfile': {
    ...usualDialect,
    delimiter: '\t',
    quote: undefined,
    escape: 'backslash',
    letters: { '0': '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\u001a' },
    nullStrings: ['\\N'],
    header: 'none',
  },
  /** COPY … TO in text format. */
  'postgres-copy': {
    ...usualDialect,
    delimiter: '\t',
    quote: undefined,
    escape: 'backslash',
    letters: { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
    nullStrings: ['\\N'],
    header: 'none',
  },
  /** “CSV” and “Unicode text” of any language: what is between fields depends on it. */
  excel: { ...usualDialect, delimiter: 'auto' },
} as const satisfies Record<string, Dialect>;

/** Whether the reader of plain CSV reads it. */
export function isUsual({ delimiter, quote, escape, nullStrings, comment }: Dialect): boolean {
  return (
    delimiter.length === 1 &&
    quote === '"' &&
    escape === 'doubled' &&
    nullStrings.length === 0 &&
    comment === undefined
  );
}
