import { isName, isSymbol, isWord, type Token } from './tokens.js';

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
