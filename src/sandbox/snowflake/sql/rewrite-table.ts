import { engineIdentifier } from './engine-names.js';
import { rewriteCalls } from './rewrite-calls.js';
import { notEmulated } from './sql-failure.js';
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
  type Token,
} from './tokens.js';
import { textFits } from './compatibility-macros.js';
import { translateColumnType, translateType, type TranslatedType } from './types.js';

/** Where a name without database or schema belongs. */
export interface Place {
  readonly database?: string | undefined;
  readonly schema?: string | undefined;
  /** Full names of temporary tables, which the engine keeps in a database of their own. */
  readonly temporary?: ReadonlySet<string>;
}

/** A CREATE TABLE for the engine, and what must be there before it. */
export interface TableRewriting {
  readonly tokens: readonly Token[];
  readonly before: readonly string[];
  /** Instead of all that. */
  readonly copy?: TableCopy;
}

/** A table that has the columns of another one: all that they are, their lengths too. */
export interface TableCopy {
  /** … TABLE name, in the engine's words. */
  readonly create: string;
  /** The full name of the other one. */
  readonly source: readonly string[];
  readonly withRows: boolean;
  /** A column more: then the table takes the place of the other one. */
  readonly added?: string;
}

/** Database, schema and name of a chain of names. */
export function fullName(chain: readonly Token[], { database = '', schema = '' }: Place): string[] {
  const names = chain.filter(isName).map(resolvedName);
  return [...[database, schema].slice(0, 3 - names.length), ...names];
}

/** How many tokens from `at` on are a name with dots in it. */
export function chainLength(tokens: readonly Token[], at: number): number {
  if (!isName(tokens[at])) return 0;
  let end = at + 1;
  while (isSymbol(tokens[end], '.') && isName(tokens[end + 1])) end += 2;
  return end - at;
}

/** A sequence for the column, and the tokens behind AUTOINCREMENT that say where it starts and how it goes on. */
function autoincrement(column: readonly Token[], at: number): { take: number; start: string; step: string } {
  let end = at + 1;
  let [start, step] = ['1', '1'];
  if (isSymbol(column[end], '(')) {
    [start = '1', step = '1'] = splitAt(column.slice(end + 1, closing(column, end)), ',').map(
      (each) => each[0]?.text ?? '1',
    );
    end = closing(column, end) + 1;
  }
  while (isWord(column[end], 'START', 'INCREMENT', 'ORDER', 'NOORDER')) {
    const word = column[end]?.text;
    end += 1;
    if (word === 'ORDER' || word === 'NOORDER') continue;
    if (isWord(column[end], 'WITH', 'BY') || isSymbol(column[end], '=')) end += 1;
    if (word === 'START') start = column[end]?.text ?? '1';
    else step = column[end]?.text ?? '1';
    end += 1;
  }
  return { take: end - at, start, step };
}

const notNull = (at: Token | undefined) => engineTokens('NOT NULL', at);

/** That a text is no longer than its column says. */
function lengthCheck(name: Token | undefined, type: TranslatedType | undefined): Token[] {
  if (name === undefined || type?.length === undefined) return [];
  return engineTokens(`CHECK (${textFits}(${engineIdentifier(resolvedName(name))}, ${type.length}))`, name);
}

/** A column: Snowflake keeps keys and uniqueness in mind but enforces neither, only that keys are not NULL. */
function column(
  tokens: readonly Token[],
  isKey: boolean,
  makeSequence: (start: string, step: string) => string,
): Token[] {
  const type = translateColumnType(tokens, 1);
  const written: Token[] = [
    ...tokens.slice(0, 1),
    ...(type === undefined ? tokens.slice(1, 2) : engineTokens(type.type, tokens[1])),
    ...lengthCheck(tokens[0], type),
  ];
  let isNotNull = isKey;
  for (let at = 1 + (type?.take ?? 1); at < tokens.length;) {
    const token = tokens[at];
    if (isWord(token, 'PRIMARY')) {
      isNotNull = true;
      at += 2;
    } else if (isWord(token, 'UNIQUE')) at += 1;
    else if (isWord(token, 'NOT') && isWord(tokens[at + 1], 'NULL')) {
      isNotNull = true;
      at += 2;
    } else if (isWord(token, 'REFERENCES', 'FOREIGN')) at = tokens.length;
    else if (isWord(token, 'COMMENT')) at += 2;
    else if (isWord(token, 'COLLATE', 'MASKING', 'AS'))
      throw notEmulated(`a column with ${token?.text ?? ''}`);
    else if (isWord(token, 'AUTOINCREMENT', 'IDENTITY')) {
      const { take, start, step } = autoincrement(tokens, at);
      written.push(...engineTokens(`DEFAULT nextval(${quoteLiteral(makeSequence(start, step))})`, token));
      at += take;
    } else {
      if (token !== undefined) written.push(token);
      at += 1;
    }
  }
  return isNotNull ? [...written, ...notNull(tokens[0])] : written;
}

/** The place behind the words before a table's name, where the statement makes one. */
function nameOfNewTable(tokens: readonly Token[]): number | undefined {
  if (!isWord(tokens[0], 'CREATE')) return undefined;
  let at = 1;
  while (
    isWord(tokens[at], 'OR', 'REPLACE', 'LOCAL', 'GLOBAL', 'TEMP', 'TEMPORARY', 'VOLATILE', 'TRANSIENT')
  ) {
    at += 1;
  }
  if (!isWord(tokens[at], 'TABLE')) return undefined;
  at += 1;
  return isWord(tokens[at], 'IF') ? at + 3 : at;
}

let sequences = 0;

/** CREATE TABLE as the engine takes it; undefined for every other statement. */
export function rewriteTable(tokens: readonly Token[], place: Place): TableRewriting | undefined {
  const name = nameOfNewTable(tokens);
  if (name === undefined) return undefined;
  const length = chainLength(tokens, name);
  let at = name + length;
  const before: string[] = [];
  const chain = tokens.slice(name, at);
  const words = tokens
    .slice(0, at)
    .filter((token) => !isWord(token, 'TRANSIENT', 'LOCAL', 'GLOBAL', 'VOLATILE'));
  if (isWord(tokens[at], 'LIKE', 'CLONE')) {
    // A temporary one has been given the engine's name.
    const from = tokens[at + 1]?.kind === 'symbol' ? at + 2 : at + 1;
    const source = fullName(tokens.slice(from, from + chainLength(tokens, from)), place);
    const copy = { create: render(words.slice(1)), source, withRows: isWord(tokens[at], 'CLONE') };
    return { before, tokens: [], copy };
  }
  const columns: Token[] = [];
  if (isSymbol(tokens[at], '(')) {
    const end = closing(tokens, at);
    const elements = splitAt(tokens.slice(at + 1, end), ',');
    const isConstraint = (element: readonly Token[]) =>
      isWord(element[0], 'CONSTRAINT', 'FOREIGN') ||
      (isWord(element[0], 'UNIQUE') && isSymbol(element[1], '(')) ||
      (isWord(element[0], 'PRIMARY') && isWord(element[1], 'KEY'));
    const keys = elements
      .filter((element) => isConstraint(element) && element.some((token) => isWord(token, 'PRIMARY')))
      .flatMap((element) => element.slice(element.findIndex((token) => isSymbol(token, '('))).filter(isName))
      .map(resolvedName);
    const makeSequence = (start: string, step: string) => {
      sequences += 1;
      const [database = '', schema = ''] = fullName(chain, place);
      const sequence = [database, schema, `SANDBOX_AUTOINCREMENT_${sequences}`]
        .map(engineIdentifier)
        .join('.');
      before.push(`CREATE SEQUENCE ${sequence} START ${start} INCREMENT ${step}`);
      return sequence;
    };
    const made = elements
      .filter((element) => !isConstraint(element))
      .map((element) => {
        const [first] = element;
        return column(
          rewriteCalls(element),
          first !== undefined && keys.includes(resolvedName(first)),
          makeSequence,
        );
      });
    columns.push(...engineTokens(`(${made.map((each) => render(each)).join(', ')})`, tokens[at]));
    at = end + 1;
  }
  // Retention, clustering, comments and the like change no row.
  while (at < tokens.length && !isWord(tokens[at], 'AS')) {
    at = isSymbol(tokens[at], '(') ? closing(tokens, at) + 1 : at + 1;
  }
  if (columns.length > 0 && at < tokens.length) {
    // The engine takes no types for what a query gives: the table is made first.
    if (isWord(tokens[name - 3], 'IF'))
      throw notEmulated('CREATE TABLE IF NOT EXISTS with columns and a query');
    before.push(render([...words, ...columns]));
    const query = rewriteCalls(tokens.slice(at + 1));
    return {
      before,
      tokens: [...engineTokens('INSERT INTO', tokens[at]), ...words.slice(-length), ...query],
    };
  }
  return { before, tokens: [...words, ...columns, ...rewriteCalls(tokens.slice(at))] };
}

/** ALTER TABLE … ADD [COLUMN] name type: a text with a length in a table made anew, since the engine adds no check. */
export function rewriteAddedColumn(tokens: readonly Token[], place: Place): TableRewriting | undefined {
  if (!isWord(tokens[0], 'ALTER') || !isWord(tokens[1], 'TABLE')) return undefined;
  const add = tokens.findIndex((token) => isWord(token, 'ADD'));
  const at = add + (isWord(tokens[add + 1], 'COLUMN') ? 2 : 1);
  const chain = tokens.slice(2, 2 + chainLength(tokens, 2));
  const type = add === 2 + chain.length ? translateColumnType(tokens, at + 1) : undefined;
  const others = splitAt(tokens.slice(2), ',').length > 1;
  if (others) throw notEmulated('ALTER TABLE of several columns at once');
  if (type === undefined) {
    if (!tokens.some((_token, each) => translateType(tokens, each)?.length !== undefined)) return undefined;
    throw notEmulated('ALTER TABLE with the length of a text, except for ADD COLUMN');
  }
  const [database = '', schema = ''] = fullName(chain, place);
  if (type.length !== undefined) {
    const added = column(rewriteCalls(tokens.slice(at)), false, () => '');
    const target = [database, schema, 'SANDBOX_ADDED'].map(engineIdentifier).join('.');
    const copy = { create: `TABLE ${target}`, source: fullName(chain, place), withRows: true };
    return { before: [], tokens: [], copy: { ...copy, added: render(added) } };
  }
  const rest = tokens.slice(at + 1 + type.take);
  return {
    before: [],
    tokens: rewriteCalls([...tokens.slice(0, at + 1), ...engineTokens(type.type, tokens[at]), ...rest]),
  };
}
