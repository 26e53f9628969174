import { markBinds, putIn, type Binds } from './binds.js';
import { rewriteCalls } from './rewrite-calls.js';
import {
  chainLength,
  fullName,
  rewriteAddedColumn,
  rewriteTable,
  type Place,
  type TableCopy,
} from './rewrite-table.js';
import { SqlFailure } from './sql-failure.js';
import {
  engineTokens,
  isSymbol,
  isWord,
  render,
  splitStatements,
  readTokens,
  type Token,
  closing,
  isName,
  resolvedName,
  splitAt,
} from './tokens.js';
import { snowflakeName } from './engine-names.js';

/** A statement of Snowflake's SQL as the engine understands it. */
export interface Translation {
  readonly sql: string;
  /** Statements of the engine's own that must have run before. */
  readonly before: readonly string[];
  /** A table that is made of another one instead of by `sql`. */
  readonly copy?: TableCopy | undefined;
  /** The names of the result's columns, given those that the engine has for them. */
  readonly columnNames: (names: readonly string[]) => string[];
}

/** An INSERT with as many rows of values as were bound; what is the same for all of them is translated once. */
function repeatPerRow(tokens: readonly Token[], binds: Binds, rows: number): string {
  const values = tokens.findIndex((token) => isWord(token, 'VALUES'));
  if (values === -1) {
    throw new SqlFailure('002050', '42601', 'SQL compilation error:\nArray binding needs INSERT … VALUES.');
  }
  const head = render(rewriteCalls(putIn(tokens.slice(0, values + 1), binds, 0)));
  const row = rewriteCalls(tokens.slice(values + 1));
  return `${head} ${Array.from({ length: rows }, (_unused, at) => render(putIn(row, binds, at))).join(',')}`;
}

const withoutIfExists = (tokens: readonly Token[]) =>
  isWord(tokens[0], 'TRUNCATE') && isWord(tokens[2], 'IF')
    ? [...tokens.slice(0, 2), ...tokens.slice(4)]
    : tokens;

/** Full names of temporary tables as the engine has them; others are found by their last part anyway. */
function temporaryNames(tokens: readonly Token[], place: Place): readonly Token[] {
  const { temporary } = place;
  if (temporary === undefined || temporary.size === 0) return tokens;
  const renamed: Token[] = [];
  for (let at = 0; at < tokens.length;) {
    const length = isSymbol(tokens[at - 1], '.') ? 0 : chainLength(tokens, at);
    const chain = tokens.slice(at, at + Math.min(length, 5));
    const last = chain.at(-1);
    if (chain.length > 1 && last !== undefined && temporary.has(fullName(chain, place).join('.'))) {
      renamed.push(...engineTokens('temp.main.', chain[0]), { ...last, spaced: false });
      at += chain.length;
    } else {
      renamed.push(...tokens.slice(at, at + Math.max(1, length)));
      at += Math.max(1, length);
    }
  }
  return renamed;
}

/**
 * Translates one statement: words in upper case, literals re-escaped, comments and the closing semicolon dropped, bind
 * variables (`?`, `:1`) put in as literals, an INSERT with array binding repeated for each row. Throws SqlFailure when
 * a bind variable has no value and when there is more than one statement.
 */
export function translateSql(sql: string, binds: Binds = new Map(), place: Place = {}): Translation {
  const [tokens = [], ...more] = splitStatements(readTokens(sql));
  if (more.length > 0) {
    const counts = `Actual statement count ${more.length + 1} did not match the desired statement count 1.`;
    throw new SqlFailure('000008', '0A000', counts);
  }
  const marked = markBinds(temporaryNames(withoutIfExists(tokens), place));
  const array = [...binds.values()].find(({ value }) => Array.isArray(value))?.value;
  const names = (engineNames: readonly string[]) => columnNames(tokens, sql, engineNames);
  if (array !== undefined && array !== null) {
    return { sql: repeatPerRow(marked, binds, array.length), before: [], columnNames: names };
  }
  const bound = putIn(marked, binds, 0);
  const table = rewriteTable(bound, place) ?? rewriteAddedColumn(bound, place);
  return {
    sql: render(table?.tokens ?? rewriteCalls(bound)),
    before: table?.before ?? [],
    copy: table?.copy,
    columnNames: names,
  };
}

/** The texts of the statements that a text holds, without their semicolons. */
export function statementsOf(sql: string): string[] {
  return splitStatements(readTokens(sql)).map((tokens) =>
    sql.slice(tokens[0]?.start ?? 0, tokens.at(-1)?.end),
  );
}

const clauses = ['FROM', 'WHERE', 'GROUP', 'HAVING', 'QUALIFY', 'ORDER', 'LIMIT', 'UNION', 'EXCEPT', 'MINUS'];
/** Words that end an expression and are no alias of it. */
const endings = ['END', 'NULL', 'TRUE', 'FALSE'];

/** What the first SELECT of a statement asks for, an element each; undefined where that cannot be told. */
function selectList(tokens: readonly Token[]): Token[][] | undefined {
  let at = 0;
  while (at < tokens.length && !isWord(tokens[at], 'SELECT')) {
    // A statement in brackets begins inside of them; those of a WITH are not what is asked for.
    at = isSymbol(tokens[at], '(') && at > 0 ? closing(tokens, at) + 1 : at + 1;
  }
  at += 1;
  if (isWord(tokens[at], 'DISTINCT', 'ALL')) at += 1;
  if (isWord(tokens[at], 'TOP')) at += 2;
  const list: Token[] = [];
  for (; at < tokens.length; at += 1) {
    const isWithin = isWord(tokens[at], 'GROUP') && isWord(tokens[at - 1], 'WITHIN');
    if ((isWord(tokens[at], ...clauses, 'INTERSECT') && !isWithin) || isSymbol(tokens[at], ')')) break;
    const end = isSymbol(tokens[at], '(', '[') ? closing(tokens, at) : at;
    list.push(...tokens.slice(at, end + 1));
    at = end;
  }
  return list.length === 0 ? undefined : splitAt(list, ',');
}

/** The name of one element: its alias, its column, or else its own text in upper case. */
function nameOf(element: readonly Token[], sql: string): string | undefined {
  const last = element.at(-1);
  const before = element.at(-2);
  if (last === undefined) return undefined;
  const isChain = element.every((token, at) => (at % 2 === 0 ? isName(token) : isSymbol(token, '.')));
  const follows =
    before !== undefined &&
    (before.kind !== 'symbol' || isSymbol(before, ')', ']')) &&
    !isWord(before, 'IS', 'NOT', 'AND', 'OR');
  const isAlias = isName(last) && (isWord(before, 'AS') || (follows && !isWord(last, ...endings)));
  if (isChain || isAlias) return resolvedName(last);
  return sql.slice(element[0]?.start ?? 0, last.end).toUpperCase();
}

/**
 * The names of a result's columns as Snowflake gives them: quoted ones keep their case, others are upper case, an
 * expression is called by its text. `engineNames` are those of the engine, which has the columns that a star stands for.
 */
function columnNames(tokens: readonly Token[], sql: string, engineNames: readonly string[]): string[] {
  const names = engineNames.map(snowflakeName);
  const list = selectList(tokens);
  if (list === undefined) return [...names];
  const isStar = (element: readonly Token[]) =>
    isSymbol(element[0], '*') || (isSymbol(element.at(-1), '*') && isSymbol(element.at(-2), '.'));
  const first = list.findIndex(isStar);
  if (first === -1 && list.length !== names.length) return [...names];
  const behind = list.length - 1 - list.findLastIndex(isStar);
  return names.map((name, at) => {
    if (first === -1 || at < first) return nameOf(list[at] ?? [], sql) ?? name;
    const fromEnd = names.length - at;
    return fromEnd <= behind ? (nameOf(list[list.length - fromEnd] ?? [], sql) ?? name) : name;
  });
}
