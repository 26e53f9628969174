import { notEmulated, SqlFailure } from './sql-failure.js';
import { engineTokens, isSymbol, quoteLiteral, type Token } from './tokens.js';

/** A bound value as the driver sends it; array binding sends one value per row. */
export interface Bind {
  readonly type: string;
  readonly value: string | null | readonly (string | null)[];
}

export type Binds = ReadonlyMap<number, Bind>;

/** Nanoseconds since 1970 as a point in time of the engine, which knows microseconds. */
function timestamp(nanoseconds: string): string {
  if (!/^-?\d+$/.test(nanoseconds)) return `CAST(${quoteLiteral(nanoseconds)} AS TIMESTAMP)`;
  const value = BigInt(nanoseconds);
  if (value % 1000n !== 0n) throw notEmulated('fractions of a microsecond');
  return `make_timestamp(${value / 1000n})`;
}

/** Bound dates and times travel as numbers: days of milliseconds, and nanoseconds. */
function renderValue(type: string, value: string): string {
  switch (type.toUpperCase()) {
    case 'BOOLEAN':
      return value === 'true' || value === '1' ? 'TRUE' : 'FALSE';
    case 'FIXED':
    case 'REAL':
      return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? value : quoteLiteral(value);
    case 'DATE':
      return /^-?\d+$/.test(value)
        ? `CAST(make_timestamp(${BigInt(value) * 1000n}) AS DATE)`
        : `CAST(${quoteLiteral(value)} AS DATE)`;
    case 'TIME':
      return `CAST(${timestamp(value)} AS TIME)`;
    case 'TIMESTAMP_NTZ':
      return timestamp(value);
    case 'TIMESTAMP_LTZ':
      return `(${timestamp(value)} AT TIME ZONE 'UTC')`;
    case 'TIMESTAMP_TZ': {
      // The offset in minutes, with 1440 added, stands behind the point in time.
      const [instant = '', offset = '1440'] = value.split(' ');
      if (offset !== '1440') throw notEmulated('a TIMESTAMP_TZ with another offset than UTC');
      return `(${timestamp(instant)} AT TIME ZONE 'UTC')`;
    }
    case 'BINARY':
      return `unhex(${quoteLiteral(value)})`;
    default:
      return quoteLiteral(value);
  }
}

/** The tokens with `?` and `:1` as variables: the number of each stands in `written`. */
export function markBinds(tokens: readonly Token[]): Token[] {
  const marked: Token[] = [];
  let position = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    const number = tokens[at + 1];
    if (token === undefined) break;
    if (token.kind === 'bind') {
      position += 1;
      marked.push({ ...token, written: String(position) });
    } else if (isSymbol(token, ':') && number?.kind === 'number' && !number.spaced) {
      marked.push({
        ...number,
        kind: 'bind',
        spaced: token.spaced,
        start: token.start,
        written: number.text,
      });
      at += 1;
    } else marked.push(token);
  }
  return marked;
}

/** One literal for each variable, of the given row where values were bound as arrays. */
export function putIn(tokens: readonly Token[], binds: Binds, row: number): Token[] {
  return tokens.flatMap((token) => {
    if (token.kind !== 'bind') return [token];
    const bind = binds.get(Number(token.written));
    if (bind === undefined) {
      const message = `SQL compilation error:\nBind variable :${token.written} not set.`;
      throw new SqlFailure('002049', '42601', message);
    }
    const value =
      typeof bind.value === 'object' && bind.value !== null ? (bind.value[row] ?? null) : bind.value;
    const text = value === null ? 'NULL' : renderValue(bind.type, value);
    const kind = text.startsWith("'") ? ('literal' as const) : ('symbol' as const);
    return engineTokens(text, token).map((one) => ({ ...one, kind, spaced: token.spaced }));
  });
}
