import { notEmulated } from './sql-failure.js';
import { closing, isSymbol, isWord, type Token } from './tokens.js';

const spellings: readonly (readonly [names: RegExp, engine: string])[] = [
  [/^(TIMESTAMP|TIMESTAMP_NTZ|TIMESTAMPNTZ|DATETIME)$/, 'TIMESTAMP'],
  [/^(TIMESTAMP_LTZ|TIMESTAMPLTZ|TIMESTAMP_TZ|TIMESTAMPTZ)$/, 'TIMESTAMPTZ'],
  [/^TIME$/, 'TIME'],
  [/^(FLOAT|FLOAT4|FLOAT8|REAL)$/, 'DOUBLE'],
  [/^(VARIANT|OBJECT|ARRAY)$/, 'JSON'],
  [/^(BINARY|VARBINARY)$/, 'BLOB'],
  [/^(STRING|TEXT|VARCHAR|NVARCHAR|NVARCHAR2|CHAR|NCHAR|CHARACTER)$/, 'VARCHAR'],
];

/** A type of Snowflake's in the engine's words. */
export interface TranslatedType {
  /** How many tokens it takes. */
  readonly take: number;
  readonly type: string;
  /** Most characters of a text, where it says so. */
  readonly length?: number;
}

const mostCharacters = 16_777_216;

/** Most characters of a text type that was given a size or not; a bare CHAR has one. */
function textLength(name: string, size: string | undefined): number | undefined {
  if (size === undefined) return /^N?CHAR(ACTER)?$/.test(name) ? 1 : undefined;
  return Number(size) === mostCharacters ? undefined : Number(size);
}

/** A type that stands at `at`; undefined where it needs no change. Throws SqlFailure for a size that is not emulated. */
export function translateType(tokens: readonly Token[], at: number): TranslatedType | undefined {
  const name = tokens[at];
  if (name?.kind !== 'word') return undefined;
  const isVarying = isWord(tokens[at + 1], 'VARYING');
  const open = isVarying ? at + 2 : at + 1;
  const hasSize = isSymbol(tokens[open], '(');
  const end = hasSize ? closing(tokens, open) : open - 1;
  const take = end - at + 1;
  if (/^(NUMBER|NUMERIC|DECIMAL|DEC)$/.test(name.text)) {
    const size = tokens
      .slice(at + 1, end + 1)
      .map(({ text }) => text)
      .join('');
    return { take, type: `DECIMAL${size === '' ? '(38,0)' : size}` };
  }
  const type = spellings.find(([names]) => names.test(name.text))?.[1];
  if (type === undefined) return undefined;
  const size = hasSize ? tokens[open + 1]?.text : undefined;
  if (type === 'VARCHAR') {
    const length = textLength(isVarying ? 'VARCHAR' : name.text, size);
    return { take, type, ...(length === undefined ? {} : { length }) };
  }
  if (type === 'BLOB' && size !== undefined) throw notEmulated('a BINARY with a length');
  if (type.startsWith('TIME') && Number(size ?? 9) < 6) {
    throw notEmulated(`${name.text} with ${size ?? ''} digits of a second`);
  }
  return { take, type };
}

/** The same for the type of a column, where whole numbers have 38 digits whatever they are called. */
export function translateColumnType(tokens: readonly Token[], at: number): TranslatedType | undefined {
  return /^(INT|INTEGER|BIGINT|SMALLINT|TINYINT|BYTEINT)$/.test(tokens[at]?.text ?? '')
    ? { take: 1, type: 'DECIMAL(38,0)' }
    : translateType(tokens, at);
}
