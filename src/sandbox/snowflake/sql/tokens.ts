import { engineIdentifier } from './engine-names.js';
import { SqlFailure } from './sql-failure.js';

/** A piece of a statement: what the engine is to read, and what stood there. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'literal' | 'number' | 'bind' | 'symbol';
  /** For the engine: words in upper case, literals without backslash escapes. */
  readonly text: string;
  /** A word as it was written. */
  readonly written: string;
  /** Offsets in the statement as it came. */
  readonly start: number;
  readonly end: number;
  /** Whether something separated it from the token before. */
  readonly spaced: boolean;
}

const pattern =
  /(?<blank>\s+|--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<literal>'(?:[^'\\]|''|\\[\s\S])*')|(?<dollar>\$\$[\s\S]*?\$\$)|(?<quoted>"(?:[^"]|"")*")|(?<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<bind>\?)|(?<symbol>::|=>|->>?|\|\||<>|<=|>=|!=|[\s\S])/gu;

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '0': '\0' };

/** A string as a literal of the engine, which knows no backslash escapes. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** What a literal of Snowflake says, where a backslash escapes. */
function readLiteral(literal: string): string {
  return literal
    .slice(1, -1)
    .replace(/''|\\([\s\S])/g, (match, escaped: string | undefined) =>
      match === "''" ? "'" : (escapes[escaped ?? ''] ?? escaped ?? ''),
    );
}

/** The tokens of a text of Snowflake's SQL, without blanks and comments. */
export function readTokens(sql: string): Token[] {
  const tokens: Token[] = [];
  let spaced = false;
  for (const { index: start, 0: text, groups = {} } of sql.matchAll(pattern)) {
    const end = start + text.length;
    const add = (kind: Token['kind'], engineText: string) => {
      tokens.push({ kind, text: engineText, written: text, start, end, spaced });
      spaced = false;
    };
    if (groups['blank'] !== undefined) spaced = true;
    else if (groups['literal'] !== undefined) add('literal', quoteLiteral(readLiteral(text)));
    else if (groups['dollar'] !== undefined) add('literal', quoteLiteral(text.slice(2, -2)));
    else if (groups['quoted'] !== undefined) add('quoted', text);
    else if (groups['number'] !== undefined) add('number', text);
    else if (groups['word'] !== undefined) add('word', text.toUpperCase());
    else add(groups['bind'] === undefined ? 'symbol' : 'bind', text);
  }
  return tokens;
}

/** The same statement with quoted names in upper case, as a session may ask for. */
export function foldQuoted(sql: string): string {
  let folded = sql;
  for (const { kind, start, end } of readTokens(sql)) {
    if (kind !== 'quoted') continue;
    const name = sql.slice(start, end).replace(/[a-z]/g, (letter) => letter.toUpperCase());
    folded = folded.slice(0, start) + name + folded.slice(end);
  }
  return folded;
}

/** Tokens that stand for SQL of the engine, in the place of `at`. */
export function engineTokens(sql: string, at: Token | undefined): Token[] {
  const { start = 0, end = 0 } = at ?? {};
  return [{ kind: 'symbol', text: sql, written: sql, start, end, spaced: true }];
}

/** The tokens as the engine reads them. */
export function render(tokens: readonly Token[]): string {
  return tokens
    .map((token, at) => {
      const text = token.kind === 'quoted' ? engineIdentifier(resolvedName(token)) : token.text;
      return token.spaced && at > 0 ? ` ${text}` : text;
    })
    .join('');
}

/** A name as Snowflake resolves it: in upper case unless it is quoted. */
export function resolvedName({ kind, text }: Token): string {
  return kind === 'quoted' ? text.slice(1, -1).replaceAll('""', '"') : text;
}

export const isName = (token: Token | undefined): token is Token =>
  token?.kind === 'word' || token?.kind === 'quoted';

export const isWord = (token: Token | undefined, ...words: readonly string[]): boolean =>
  token?.kind === 'word' && words.includes(token.text);

export const isSymbol = (token: Token | undefined, ...symbols: readonly string[]): boolean =>
  token?.kind === 'symbol' && symbols.includes(token.text);

/** The place of the bracket that closes the one at `open`; the end where there is none. */
export function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    if (isSymbol(tokens[at], '(', '[')) depth += 1;
    else if (isSymbol(tokens[at], ')', ']')) depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}

/** Cuts at a symbol wherever it stands in no bracket. */
export function splitAt(tokens: readonly Token[], symbol: string): Token[][] {
  const parts: Token[][] = [[]];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    if (isSymbol(token, symbol)) parts.push([]);
    else if (isSymbol(token, '(', '[')) {
      const end = closing(tokens, at);
      parts.at(-1)?.push(...tokens.slice(at, end + 1));
      at = end;
    } else parts.at(-1)?.push(token);
  }
  return parts;
}

/** The statements of a text; throws SqlFailure where there is none. */
export function splitStatements(tokens: readonly Token[]): Token[][] {
  const statements = splitAt(tokens, ';').filter((statement) => statement.length > 0);
  if (statements.length === 0) {
    throw new SqlFailure('000900', '42601', 'SQL compilation error:\nEmpty SQL statement.');
  }
  return statements;
}

/** Words that may stand before a bracket and call nothing. */
const clauses =
  'SELECT DISTINCT ALL WHERE AND OR NOT ON IN BY THEN ELSE WHEN CASE AS BETWEEN LIKE ILIKE RLIKE HAVING SET VALUES FROM ' +
  'UNION EXCEPT MINUS INTERSECT LIMIT OFFSET RETURN USING EXISTS ANY SOME IS QUALIFY JOIN OVER FILTER';
const noFunctions = clauses.split(' ');

/** Where what ends at `end` begins, given what opens and what closes it. */
function opening(
  tokens: readonly Token[],
  end: number,
  closes: (token: Token | undefined) => boolean,
  opens: (token: Token | undefined) => boolean,
): number {
  let depth = 0;
  for (let at = end; at > 0; at -= 1) {
    if (closes(tokens[at])) depth += 1;
    else if (opens(tokens[at])) depth -= 1;
    if (depth === 0) return at;
  }
  return 0;
}

/** Where the operand begins that ends with the last of these tokens: what a cast behind them is of. */
export function operandStart(tokens: readonly Token[]): number {
  let at = tokens.length - 1;
  for (;;) {
    // A path into a VARIANT has been put into the engine's words, behind what it is of.
    if (/^\.\w/.test(tokens[at]?.text ?? '')) at -= 1;
    if (isWord(tokens[at], 'END')) {
      at = opening(
        tokens,
        at,
        (token) => isWord(token, 'END'),
        (token) => isWord(token, 'CASE'),
      );
    }
    while (isSymbol(tokens[at], ')', ']')) {
      at = opening(
        tokens,
        at,
        (token) => isSymbol(token, ')', ']'),
        (token) => isSymbol(token, '(', '['),
      );
      const before = tokens[at - 1];
      const isCalled = isName(before) && !isWord(before, ...noFunctions);
      if (!isCalled && !isSymbol(before, ')', ']')) break;
      at -= 1;
    }
    // What stands before a point or another cast is an operand of its own.
    if (!isSymbol(tokens[at - 1], '.', '::')) return Math.max(0, at);
    at -= 2;
  }
}
