import { markBinds, putIn, type Binds } from './binds.js';
import { columnNames } from './column-names.js';
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
import { engineTokens, isSymbol, isWord, render, splitStatements, readTokens, type Token } from './tokens.js';

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
