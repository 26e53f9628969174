import { closing, isName, isSymbol, isWord, resolvedName, type Token } from './tokens.js';
import { notEmulated } from './sql-failure.js';
import { chainLength } from './rewrite-table.js';

/** Snowflake's numbers for kinds of statements; the driver tells by them whether rows were changed. */
export const statementTypes = {
  select: 0x1000,
  insert: 0x3100,
  update: 0x3200,
  delete: 0x3300,
  set: 0x4000,
  ddl: 0x6000,
  multi: 0xa000,
} as const;

/** What a statement is, which decides how it is run and what its result looks like. */
export type StatementKind =
  | { readonly kind: 'rows' | 'show' | 'ddl' }
  | { readonly kind: 'transaction'; readonly how: 'BEGIN' | 'COMMIT' | 'ROLLBACK' }
  | { readonly kind: 'change'; readonly typeId: number; readonly columns: readonly string[] };

const changes = {
  INSERT: { typeId: statementTypes.insert, columns: ['number of rows inserted'] },
  UPDATE: {
    typeId: statementTypes.update,
    columns: ['number of rows updated', 'number of multi-joined rows updated'],
  },
  DELETE: { typeId: statementTypes.delete, columns: ['number of rows deleted'] },
} as const;

/** The first word behind the tables of a WITH. */
function verbOf(tokens: readonly Token[]): string {
  if (!isWord(tokens[0], 'WITH')) return isSymbol(tokens[0], '(') ? 'SELECT' : (tokens[0]?.text ?? '');
  for (let at = 1; at < tokens.length; at += 1) {
    if (isSymbol(tokens[at], '(')) at = closing(tokens, at);
    else if (isWord(tokens[at], 'SELECT', 'INSERT', 'UPDATE', 'DELETE')) return tokens[at]?.text ?? '';
  }
  return 'WITH';
}

const objects = ['TABLE', 'VIEW', 'SCHEMA'];
const attributes = ['OR', 'REPLACE', 'LOCAL', 'GLOBAL', 'TEMP', 'TEMPORARY', 'VOLATILE', 'TRANSIENT'];

/** What a statement is; throws SqlFailure for one that the sandbox does not emulate. */
export function statementKind(tokens: readonly Token[]): StatementKind {
  const verb = verbOf(tokens);
  const next = tokens[1];
  switch (verb) {
    case 'INSERT':
      if (isWord(next, 'OVERWRITE', 'ALL', 'FIRST')) throw notEmulated(`INSERT ${next?.text ?? ''}`);
      return { kind: 'change', ...changes.INSERT };
    case 'UPDATE':
    case 'DELETE':
      return { kind: 'change', ...changes[verb] };
    case 'SHOW':
    case 'DESC':
    case 'DESCRIBE':
      return { kind: 'show' };
    case 'START':
      return { kind: 'transaction', how: 'BEGIN' };
    case 'BEGIN':
      if (next === undefined || isWord(next, 'TRANSACTION', 'WORK', 'NAME'))
        return { kind: 'transaction', how: 'BEGIN' };
      throw notEmulated('a block of statements (BEGIN … END)');
    case 'COMMIT':
    case 'ROLLBACK':
      return { kind: 'transaction', how: verb };
    case 'TRUNCATE':
      return { kind: 'ddl' };
    case 'CREATE':
    case 'DROP':
    case 'ALTER': {
      const object = tokens.slice(1).find((token) => !isWord(token, ...attributes));
      if (isWord(object, ...objects)) return { kind: 'ddl' };
      throw notEmulated(`${verb} ${object?.text ?? ''}`.trim());
    }
    case 'MERGE':
    case 'COPY':
    case 'PUT':
    case 'GET':
    case 'LIST':
    case 'LS':
    case 'REMOVE':
    case 'RM':
    case 'CALL':
    case 'EXECUTE':
    case 'DECLARE':
    case 'GRANT':
    case 'REVOKE':
    case 'COMMENT':
    case 'UNDROP':
    case 'EXPLAIN':
    case 'SET':
    case 'UNSET':
    case 'ATTACH':
    case 'DETACH':
    case 'PRAGMA':
    case 'INSTALL':
    case 'LOAD':
    case 'EXPORT':
    case 'IMPORT':
    case 'CHECKPOINT':
    case 'VACUUM':
      throw notEmulated(verb);
    default:
      // What no verb of Snowflake's is, the engine refuses as a syntax error.
      return { kind: 'rows' };
  }
}

/** The table that a CREATE or DROP names, as its tokens; undefined for other objects. */
export function tableOf(
  tokens: readonly Token[],
): { readonly isTemporary: boolean; readonly at: number; readonly chain: readonly Token[] } | undefined {
  const table = tokens.findIndex((token) => isWord(token, 'TABLE'));
  if (!isWord(tokens[0], 'CREATE', 'DROP') || table === -1) return undefined;
  let at = table + 1;
  if (isWord(tokens[at], 'IF')) at += isWord(tokens[at + 1], 'NOT') ? 3 : 2;
  const isTemporary = tokens.slice(1, table).some((token) => isWord(token, 'TEMP', 'TEMPORARY', 'VOLATILE'));
  return { isTemporary, at, chain: tokens.slice(at, at + chainLength(tokens, at)) };
}

/** What Snowflake says when an object was made, dropped or emptied. */
export function statusMessage(tokens: readonly Token[]): string {
  const object = tokens.findIndex((token) => isWord(token, ...objects));
  if (!isWord(tokens[0], 'CREATE', 'DROP') || object === -1) return 'Statement executed successfully.';
  let at = object + 1;
  if (isWord(tokens[at], 'IF')) at += isWord(tokens[at + 1], 'NOT') ? 3 : 2;
  const chain = tokens.slice(at, at + chainLength(tokens, at)).filter(isName);
  const name = resolvedName(
    chain.at(-1) ?? { kind: 'word', text: '', written: '', start: 0, end: 0, spaced: false },
  );
  if (isWord(tokens[0], 'DROP')) return `${name} successfully dropped.`;
  const noun = tokens[object]?.text ?? '';
  return `${noun.charAt(0)}${noun.slice(1).toLowerCase()} ${name} successfully created.`;
}
