import { SqlFailure } from './sql-failure.js';

/** A bound value as the driver sends it; array binding sends one value per row. */
export interface Bind {
  readonly type: string;
  readonly value: string | null | readonly (string | null)[];
}

interface Segment {
  readonly kind: 'code' | 'opaque';
  readonly text: string;
}

const tokens =
  /(?<literal>'(?:[^'\\]|''|\\[\s\S])*')|(?<dollar>\$\$[\s\S]*?\$\$)|(?<identifier>"(?:[^"]|"")*")|(?<comment>--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)/g;

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '0': '\0' };

/** A string as a literal of the engine, which knows no backslash escapes. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Snowflake's literal, where a backslash escapes, as one of the engine's. */
function translateLiteral(literal: string): string {
  const text = literal
    .slice(1, -1)
    .replace(/''|\\([\s\S])/g, (match, escaped: string | undefined) =>
      match === "''" ? "'" : (escapes[escaped ?? ''] ?? escaped ?? ''),
    );
  return quoteLiteral(text);
}

function segments(sql: string): Segment[] {
  const found: Segment[] = [];
  let at = 0;
  for (const match of sql.matchAll(tokens)) {
    if (match.index > at) found.push({ kind: 'code', text: sql.slice(at, match.index) });
    const { literal, dollar, comment } = match.groups ?? {};
    if (comment !== undefined) found.push({ kind: 'opaque', text: ' ' });
    else if (literal !== undefined) found.push({ kind: 'opaque', text: translateLiteral(literal) });
    else if (dollar !== undefined) found.push({ kind: 'opaque', text: quoteLiteral(dollar.slice(2, -2)) });
    else found.push({ kind: 'opaque', text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < sql.length) found.push({ kind: 'code', text: sql.slice(at) });
  return found;
}

/** Takes the closing semicolon away; a second statement after it is refused, as Snowflake does. */
function oneStatement(parts: readonly Segment[]): Segment[] {
  const kept = parts.slice(0, parts.findLastIndex(({ text }) => /[^\s;]/.test(text)) + 1);
  const last = kept.pop();
  if (last === undefined)
    throw new SqlFailure('000900', '42601', 'SQL compilation error:\nEmpty SQL statement.');
  kept.push(last.kind === 'code' ? { kind: 'code', text: last.text.replace(/[\s;]+$/, '') } : last);
  const ends = kept.filter(({ kind, text }) => kind === 'code' && text.includes(';')).length;
  if (ends === 0) return kept;
  throw new SqlFailure(
    '000008',
    '0A000',
    `Actual statement count ${ends + 1} did not match the desired statement count 1.`,
  );
}

/** Syntax that Snowflake has and the engine spells otherwise. */
function translateCode(code: string): string {
  return code
    .replace(/\bTRANSIENT\s+TABLE\b/gi, 'TABLE')
    .replace(/\bTRUNCATE\s+TABLE\s+IF\s+EXISTS\b/gi, 'TRUNCATE TABLE')
    .replace(/\bDATA_RETENTION_TIME_IN_DAYS\s*=\s*\d+/gi, '')
    .replace(/\bNUMBER\s*\(/gi, 'DECIMAL(')
    .replace(/::\s*NUMBER\b/gi, '::DECIMAL(38,0)')
    .replace(/\bTIMESTAMP_NTZ\b(\s*\(\d\))?/gi, 'TIMESTAMP')
    .replace(/\bTIMESTAMP_LTZ\b(\s*\(\d\))?/gi, 'TIMESTAMPTZ')
    .replace(/\bMINUS\b(?=\s*(\(|SELECT\b))/gi, 'EXCEPT');
}

function renderBind(bind: Bind | undefined, row: number, position: number): string {
  if (bind === undefined) {
    throw new SqlFailure('002049', '42601', `SQL compilation error:\nBind variable :${position} not set.`);
  }
  const value =
    typeof bind.value === 'object' && bind.value !== null ? (bind.value[row] ?? null) : bind.value;
  if (value === null) return 'NULL';
  if (bind.type === 'BOOLEAN') return value === 'true' ? 'TRUE' : 'FALSE';
  const isNumber = bind.type === 'FIXED' || bind.type === 'REAL';
  return isNumber && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? value : quoteLiteral(value);
}

function render(parts: readonly Segment[], binds: ReadonlyMap<number, Bind>, row: number): string {
  let position = 0;
  return parts
    .map(({ kind, text }) =>
      kind === 'opaque'
        ? text
        : text.replace(/\?|(?<![:\w]):(\d+)\b/g, (_match, number: string | undefined) => {
            position = number === undefined ? position + 1 : Number(number);
            return renderBind(binds.get(position), row, position);
          }),
    )
    .join('');
}

function repeatPerRow(parts: readonly Segment[], binds: ReadonlyMap<number, Bind>, rows: number): string {
  const whole = parts.findIndex(({ kind, text }) => kind === 'code' && /\bVALUES\b/i.test(text));
  const segment = parts[whole];
  if (segment === undefined) {
    throw new SqlFailure('002050', '42601', 'SQL compilation error:\nArray binding needs INSERT … VALUES.');
  }
  const end = segment.text.search(/\bVALUES\b/i) + 'VALUES'.length;
  const head = [...parts.slice(0, whole), { kind: 'code' as const, text: segment.text.slice(0, end) }];
  const tuple = [{ kind: 'code' as const, text: segment.text.slice(end) }, ...parts.slice(whole + 1)];
  const tuples = Array.from({ length: rows }, (_unused, row) => render(tuple, binds, row));
  return `${render(head, binds, 0)} ${tuples.join(',')}`;
}

/**
 * Snowflake's SQL as the engine understands it: literals re-escaped, comments and the closing semicolon dropped,
 * bind variables (`?`, `:1`) put in as literals, an INSERT with array binding repeated for each row. Throws SqlFailure
 * when a bind variable has no value and when there is more than one statement.
 */
export function translateSql(sql: string, binds: ReadonlyMap<number, Bind> = new Map()): string {
  const parts = oneStatement(segments(sql)).map(({ kind, text }) =>
    kind === 'code' ? { kind, text: translateCode(text) } : { kind, text },
  );
  const array = [...binds.values()].find(({ value }) => Array.isArray(value))?.value;
  if (array === undefined || array === null) return render(parts, binds, 0).trim();
  return repeatPerRow(parts, binds, array.length).trim();
}
