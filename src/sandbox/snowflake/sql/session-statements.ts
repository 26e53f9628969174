import type { Engine } from '../engine.js';
import type { SandboxSession } from '../sessions.js';
import { notEmulated, SqlFailure } from './sql-failure.js';
import { isName, isSymbol, isWord, resolvedName, readTokens, type Token } from './tokens.js';

const missing = () =>
  new SqlFailure(
    '002043',
    '02000',
    'SQL compilation error:\nObject does not exist, or operation cannot be performed.',
  );

/** ALTER SESSION SET a = 1, b = 'x' / UNSET a, b: every parameter is accepted and kept. */
function alterSession(tokens: readonly Token[], { parameters }: SandboxSession): boolean {
  if (!isWord(tokens[0], 'ALTER') || !isWord(tokens[1], 'SESSION')) return false;
  const list = tokens.slice(3).filter((token) => !isSymbol(token, ','));
  if (isWord(tokens[2], 'UNSET')) {
    for (const name of list) parameters.delete(name.text);
    return true;
  }
  if (!isWord(tokens[2], 'SET') || list.length === 0 || list.length % 3 !== 0) {
    throw new SqlFailure('001003', '42000', "SQL compilation error:\nsyntax error unexpected '<EOF>'.");
  }
  for (let at = 0; at < list.length; at += 3) {
    const [name, , value] = list.slice(at, at + 3);
    const isText = value?.kind === 'literal';
    const text = isText ? value.text.slice(1, -1).replaceAll("''", "'") : (value?.written ?? '');
    if (name?.text === 'AUTOCOMMIT' && /^(false|off)$/i.test(text)) throw notEmulated('AUTOCOMMIT = FALSE');
    parameters.set(name?.text ?? '', text);
  }
  return true;
}

async function use(
  tokens: readonly Token[],
  session: SandboxSession,
  engine: Engine,
  hasWarehouse: (name: string) => boolean,
): Promise<boolean> {
  if (!isWord(tokens[0], 'USE')) return false;
  const kind = isWord(tokens[1], 'ROLE', 'WAREHOUSE', 'DATABASE', 'SCHEMA', 'SECONDARY')
    ? tokens[1]?.text
    : undefined;
  const [first = '', second] = tokens
    .slice(kind === undefined ? 1 : 2)
    .filter(isName)
    .map(resolvedName);
  if (kind === 'SECONDARY') return true;
  if (kind === 'ROLE') session.role = first;
  else if (kind === 'WAREHOUSE') {
    if (!hasWarehouse(first)) throw missing();
    session.warehouse = first;
  } else if (kind === 'SCHEMA' || second !== undefined) {
    const database = second === undefined ? session.database : first;
    const schema = second ?? first;
    if (database === undefined || !(await engine.exists(database, schema))) throw missing();
    session.database = database;
    session.schema = schema;
  } else {
    if (!(await engine.exists(first))) throw missing();
    session.database = first;
    session.schema = (await engine.exists(first, 'PUBLIC')) ? 'PUBLIC' : undefined;
  }
  return true;
}

/** ALTER SESSION and USE change the session and touch no data; true when the statement was one of them. */
export async function runSessionStatement(
  sql: string,
  session: SandboxSession,
  engine: Engine,
  hasWarehouse: (name: string) => boolean,
): Promise<boolean> {
  // A large INSERT is none, and is not taken apart to see that.
  if (!/^(\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(ALTER|USE)\b/i.test(sql)) return false;
  const tokens = readTokens(sql).filter((token) => !isSymbol(token, ';'));
  return alterSession(tokens, session) || (await use(tokens, session, engine, hasWarehouse));
}
