import { snowflakeName } from './engine-names.js';
import { closing, isName, isSymbol, isWord, resolvedName, splitAt, type Token } from './tokens.js';

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
export function columnNames(tokens: readonly Token[], sql: string, engineNames: readonly string[]): string[] {
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
