import { closing, isSymbol, type Token } from './tokens.js';

const spellings: readonly (readonly [names: RegExp, engine: string])[] = [
  [/^(TIMESTAMP|TIMESTAMP_NTZ|TIMESTAMPNTZ|DATETIME)$/, 'TIMESTAMP'],
  [/^(TIMESTAMP_LTZ|TIMESTAMPLTZ|TIMESTAMP_TZ|TIMESTAMPTZ)$/, 'TIMESTAMPTZ'],
  [/^TIME$/, 'TIME'],
  [/^(FLOAT|FLOAT4|FLOAT8|REAL)$/, 'DOUBLE'],
  [/^(VARIANT|OBJECT|ARRAY)$/, 'JSON'],
  [/^(BINARY|VARBINARY)$/, 'BLOB'],
  [/^(STRING|TEXT|VARCHAR|NVARCHAR|NVARCHAR2|CHAR|NCHAR|CHARACTER)$/, 'VARCHAR'],
];

/** A type that stands at `at`, in the engine's words, and how many tokens it takes; undefined where it needs no change. */
export function translateType(
  tokens: readonly Token[],
  at: number,
): { readonly take: number; readonly type: string } | undefined {
  const name = tokens[at];
  if (name?.kind !== 'word') return undefined;
  const hasSize = isSymbol(tokens[at + 1], '(');
  const end = hasSize ? closing(tokens, at + 1) : at;
  const take = end - at + 1;
  if (/^(NUMBER|NUMERIC|DECIMAL|DEC)$/.test(name.text)) {
    const size = tokens
      .slice(at + 1, end + 1)
      .map(({ text }) => text)
      .join('');
    return { take, type: `DECIMAL${size === '' ? '(38,0)' : size}` };
  }
  const type = spellings.find(([names]) => names.test(name.text))?.[1];
  return type === undefined ? undefined : { take, type };
}

/** The same for the type of a column, where whole numbers have 38 digits whatever they are called. */
export function translateColumnType(tokens: readonly Token[], at: number): ReturnType<typeof translateType> {
  return /^(INT|INTEGER|BIGINT|SMALLINT|TINYINT|BYTEINT)$/.test(tokens[at]?.text ?? '')
    ? { take: 1, type: 'DECIMAL(38,0)' }
    : translateType(tokens, at);
}
