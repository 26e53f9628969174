import { dateFormat, datePart } from './date-parts.js';
import { notEmulated, SqlFailure } from './sql-failure.js';
import {
  closing,
  engineTokens,
  isName,
  isSymbol,
  isWord,
  quoteLiteral,
  render,
  resolvedName,
  splitAt,
  readTokens,
  type Token,
  operandStart,
} from './tokens.js';
import { informationView } from './information-schema.js';
import { asText, textCut } from './compatibility-macros.js';
import { translateType } from './types.js';

/** Instead of the `take` tokens at a place, these. */
interface Rewriting {
  readonly take: number;
  readonly tokens: readonly Token[];
}
type Rule = (tokens: readonly Token[], at: number) => Rewriting | undefined;

/** A call of the function at `at`: its arguments, and how many tokens it takes. */
function callOf(tokens: readonly Token[], at: number) {
  if (!isSymbol(tokens[at + 1], '(')) return undefined;
  const end = closing(tokens, at + 1);
  const inner = tokens.slice(at + 2, end);
  return { args: inner.length === 0 ? [] : splitAt(inner, ','), take: end - at + 1 };
}

const sqlOf = (tokens: readonly Token[]) => render(rewriteCalls(tokens)).trim();

/** A text where a point in time is needed is one. */
const moment = (tokens: readonly Token[]) =>
  tokens.length === 1 && tokens[0]?.kind === 'literal'
    ? `CAST(${sqlOf(tokens)} AS TIMESTAMP)`
    : sqlOf(tokens);

const identifierCall: Rule = (tokens, at) => {
  const literal = tokens[at + 2];
  if (callOf(tokens, at)?.take !== 4 || literal?.kind !== 'literal') return undefined;
  const named = readTokens(literal.text.slice(1, -1).replaceAll("''", "'"));
  return { take: 4, tokens: rewriteCalls(named.map((token, index) => ({ ...token, spaced: index === 0 }))) };
};

const clocks: Readonly<Record<string, string>> = {
  CURRENT_TIMESTAMP: 'now()',
  LOCALTIMESTAMP: 'now()',
  GETDATE: 'now()',
  SYSTIMESTAMP: 'now()',
  SYSDATE: "CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP)",
  CURRENT_DATE: 'current_date',
  CURRENT_TIME: "CAST(now() AT TIME ZONE 'UTC' AS TIME)",
};

const clock: Rule = (tokens, at) => {
  const call = callOf(tokens, at);
  return call && { take: call.take, tokens: engineTokens(clocks[tokens[at]?.text ?? ''] ?? '', tokens[at]) };
};

const dateAdd: Rule = (tokens, at) => {
  const call = callOf(tokens, at);
  const [unit, count, date] = call?.args ?? [];
  if (call === undefined || unit === undefined || count === undefined || date === undefined) return undefined;
  const { interval, isDate } = datePart(unit, 'DATE_ADD');
  const from = moment(date);
  const sum = `((${from}) + ${interval(`(${sqlOf(count)})`)})`;
  return {
    take: call.take,
    tokens: engineTokens(isDate ? `cast_to_type(${sum}, ${from})` : sum, tokens[at]),
  };
};

const dateDiff: Rule = (tokens, at) => {
  const call = callOf(tokens, at);
  const [unit, from, to] = call?.args ?? [];
  if (call === undefined || unit === undefined || from === undefined || to === undefined) return undefined;
  const sql = `date_diff('${datePart(unit, 'DATE_DIFF').name}', ${moment(from)}, ${moment(to)})`;
  return { take: call.take, tokens: engineTokens(sql, tokens[at]) };
};

const dateTrunc: Rule = (tokens, at) => {
  const call = callOf(tokens, at);
  const [unit, date] = call?.args ?? [];
  if (call === undefined || unit === undefined || date === undefined) return undefined;
  const from = moment(date);
  const sql = `cast_to_type(date_trunc('${datePart(unit, 'DATE_TRUNC').name}', ${from}), ${from})`;
  return { take: call.take, tokens: engineTokens(sql, tokens[at]) };
};

/** LISTAGG is empty, not NULL, where there is nothing to join. */
const listAggregate: Rule = (tokens, at) => {
  const call = callOf(tokens, at);
  const [joined, delimiter] = call?.args ?? [];
  if (call === undefined || joined === undefined) return undefined;
  const end = at + call.take;
  let { take } = call;
  let order = '';
  if (isWord(tokens[end], 'WITHIN') && isWord(tokens[end + 1], 'GROUP')) {
    const close = closing(tokens, end + 2);
    order = ` ${sqlOf(tokens.slice(end + 3, close))}`;
    take = close - at + 1;
  }
  if (isWord(tokens[at + take], 'OVER')) throw notEmulated('LISTAGG with OVER');
  const by = delimiter === undefined ? "''" : sqlOf(delimiter);
  return {
    take,
    tokens: engineTokens(`coalesce(string_agg(${sqlOf(joined)}, ${by}${order}), '')`, tokens[at]),
  };
};

/** TOP n is a LIMIT where the SELECT ends. */
const top: Rule = (tokens, at) => {
  const count = tokens[at + 1];
  if (!isWord(tokens[at - 1], 'SELECT', 'DISTINCT', 'ALL')) return undefined;
  if (count?.kind !== 'number' && count?.kind !== 'literal') return undefined;
  let end = at + 2;
  for (; end < tokens.length; end += 1) {
    if (isSymbol(tokens[end], '(', '[')) end = closing(tokens, end);
    else if (isSymbol(tokens[end], ')') || isWord(tokens[end], 'UNION', 'EXCEPT', 'MINUS', 'INTERSECT'))
      break;
  }
  const rest = rewriteCalls(tokens.slice(at + 2, end));
  return { take: end - at, tokens: [...rest, ...engineTokens(`LIMIT ${count.text}`, tokens[at])] };
};

/** SAMPLE (10): a share of the rows; SAMPLE (10 ROWS): so many. */
const sample: Rule = (tokens, at) => {
  const open = isWord(tokens[at + 1], 'BERNOULLI', 'ROW', 'SYSTEM', 'BLOCK') ? at + 2 : at + 1;
  const count = tokens[open + 1];
  if (!isSymbol(tokens[open], '(') || count?.kind !== 'number') return undefined;
  const ofRows = isWord(tokens[open + 2], 'ROWS');
  let take = closing(tokens, open) - at + 1;
  let seed = '';
  if (isWord(tokens[at + take], 'SEED', 'REPEATABLE')) {
    seed = ` REPEATABLE (${tokens[at + take + 2]?.text ?? ''})`;
    take += 4;
  }
  const how = ofRows ? `RESERVOIR(${count.text} ROWS)` : `BERNOULLI(${count.text} PERCENT)`;
  return { take, tokens: engineTokens(`TABLESAMPLE ${how}${seed}`, tokens[at]) };
};

/** `value:a.b[0]`: a path into a VARIANT; as a text where it is cast to one. */
const path: Rule = (tokens, at) => {
  const before = tokens[at - 1];
  if (!(isName(before) || isSymbol(before, ')', ']'))) return undefined;
  let keys = '$';
  let end = at;
  for (;;) {
    const [sign, key] = [tokens[end], tokens[end + 1]];
    if ((end === at || isSymbol(sign, '.')) && isName(key)) {
      // Keys keep their case, whether they are quoted or not.
      keys += `."${key.kind === 'quoted' ? resolvedName(key) : key.written}"`;
      end += 2;
    } else if (end > at && isSymbol(sign, '[') && key !== undefined && isSymbol(tokens[end + 2], ']')) {
      keys += key.kind === 'literal' ? `."${key.text.slice(1, -1)}"` : `[${key.text}]`;
      end += 3;
    } else break;
  }
  if (end === at) return undefined;
  const asText = isSymbol(tokens[end], '::') && translateType(tokens, end + 1)?.type === 'VARCHAR';
  const sql = `.${asText ? 'json_extract_string' : 'json_extract'}(${quoteLiteral(keys)})`;
  return { take: end - at, tokens: engineTokens(sql, tokens[at]).map((one) => ({ ...one, spaced: false })) };
};

/** A cast to a text, which cuts where the text has a length. */
const textOf = (operand: string, length: number | undefined) =>
  length === undefined ? `${asText}(${operand})` : `${textCut}(${operand}, ${length})`;

/** CAST(… AS VARCHAR), with a length or without. */
const textCast: Rule = (tokens, at) => {
  const call = callOf(tokens, at);
  const [argument = []] = call?.args ?? [];
  const as = argument.findIndex((token) => isWord(token, 'AS'));
  const type = translateType(argument, as + 1);
  if (call === undefined || as === -1 || type?.type !== 'VARCHAR') return undefined;
  return {
    take: call.take,
    tokens: engineTokens(textOf(sqlOf(argument.slice(0, as)), type.length), tokens[at]),
  };
};

/** TO_VARCHAR(x, format) of a point in time. */
const formatted: Rule = (tokens, at) => {
  const call = callOf(tokens, at);
  const [value, format, ...more] = call?.args ?? [];
  if (call === undefined || value === undefined || format === undefined || more.length > 0) return undefined;
  const [literal] = format;
  const isLiteral = format.length === 1 && literal?.kind === 'literal';
  const written = isLiteral ? dateFormat(literal.text.slice(1, -1)) : undefined;
  if (written === undefined) throw notEmulated(`${tokens[at]?.text ?? ''} with this format`);
  return {
    take: call.take,
    tokens: engineTokens(`strftime(${moment(value)}, ${quoteLiteral(written)})`, tokens[at]),
  };
};

const castType: Rule = (tokens, at) => {
  const isCast = isSymbol(tokens[at], '::');
  const type = translateType(tokens, at + 1);
  if (type === undefined || (!isCast && !isSymbol(tokens[at + 1 + type.take], ')'))) return undefined;
  const [sign] = tokens.slice(at, at + 1);
  if (sign === undefined) return undefined;
  const name = engineTokens(type.type, sign).map((one) => ({ ...one, spaced: !isCast }));
  return { take: type.take + 1, tokens: [sign, ...name] };
};

const minus: Rule = (tokens, at) =>
  isSymbol(tokens[at + 1], '(') || isWord(tokens[at + 1], 'SELECT')
    ? { take: 1, tokens: engineTokens('EXCEPT', tokens[at]) }
    : undefined;

/** A table of VALUES has columns that are called COLUMN1, COLUMN2 … or $1, $2 … */
const values: Rule = (tokens, at) => {
  const isInBrackets = isSymbol(tokens[at - 1], '(');
  if (!isWord(tokens[isInBrackets ? at - 2 : at - 1], 'FROM', 'JOIN') || !isSymbol(tokens[at + 1], '('))
    return undefined;
  let end = closing(tokens, at + 1) + 1;
  const count = splitAt(tokens.slice(at + 2, end - 1), ',').length;
  while (isSymbol(tokens[end], ',') && isSymbol(tokens[end + 1], '(')) end = closing(tokens, end + 1) + 1;
  const names = Array.from({ length: count }, (_unused, each) => `COLUMN${each + 1}`);
  const rows = `VALUES ${sqlOf(tokens.slice(at + 1, end))}`;
  const table = `SELECT * FROM (${rows}) SANDBOX_VALUES(${names.join(', ')})`;
  return { take: end - at, tokens: engineTokens(isInBrackets ? table : `(${table})`, tokens[at]) };
};

const position: Rule = (tokens, at) => {
  const number = tokens[at + 1];
  if (number?.kind !== 'number' || number.spaced) return undefined;
  const [name] = engineTokens(`COLUMN${number.text}`, tokens[at]);
  return name && { take: 2, tokens: [{ ...name, spaced: tokens[at]?.spaced ?? true }] };
};

/** What the engine has for itself is nobody's database. */
const reserved: Rule = (tokens, at) => {
  const name = tokens[at];
  if (!isName(name) || !isSymbol(tokens[at + 1], '.') || isSymbol(tokens[at - 1], '.')) return undefined;
  const database = resolvedName(name).toUpperCase();
  if (database !== 'MEMORY' && database !== 'SANDBOX_RESULTS') return undefined;
  throw new SqlFailure(
    '002003',
    '02000',
    `SQL compilation error:\nDatabase '${database}' does not exist or not authorized.`,
  );
};

const shared = (names: readonly string[], rule: Rule) => names.map((name) => [name, rule] as const);

/** The rules by the word, or the sign, at which they begin. */
const rules: ReadonlyMap<string, Rule> = new Map([
  ...shared(['IDENTIFIER'], identifierCall),
  ...shared(Object.keys(clocks), clock),
  ...shared(['DATEADD', 'TIMEADD', 'TIMESTAMPADD'], dateAdd),
  ...shared(['DATEDIFF', 'TIMEDIFF', 'TIMESTAMPDIFF'], dateDiff),
  ...shared(['DATE_TRUNC'], dateTrunc),
  ...shared(['LISTAGG'], listAggregate),
  ...shared(['TOP'], top),
  ...shared(['SAMPLE', 'TABLESAMPLE'], sample),
  ...shared([':'], path),
  ...shared(['::', 'AS'], castType),
  ...shared(['MINUS'], minus),
  ...shared(['VALUES'], values),
  ...shared(['$'], position),
  ...shared(['CAST', 'TRY_CAST'], textCast),
  ...shared(['TO_VARCHAR', 'TO_CHAR'], formatted),
]);

/** Functions and clauses that Snowflake has and the engine spells otherwise. */
export function rewriteCalls(tokens: readonly Token[]): Token[] {
  const rewritten: Token[] = [];
  for (let at = 0; at < tokens.length;) {
    const token = tokens[at];
    const type = isSymbol(token, '::') ? translateType(tokens, at + 1) : undefined;
    if (type?.type === 'VARCHAR') {
      const operand = rewritten.splice(operandStart(rewritten));
      rewritten.push(...engineTokens(textOf(render(operand).trim(), type.length), operand[0]));
      at += 1 + type.take;
      continue;
    }
    const rule =
      token?.kind === 'literal' || token?.kind === 'quoted' ? undefined : rules.get(token?.text ?? '');
    const done = rule?.(tokens, at) ?? informationView(tokens, at) ?? reserved(tokens, at);
    if (done !== undefined) rewritten.push(...done.tokens);
    else if (token !== undefined) rewritten.push(token);
    at += Math.max(1, done?.take ?? 1);
  }
  return rewritten;
}
