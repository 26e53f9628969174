import type { Engine } from './engine.js';
import type { SandboxSession } from './sessions.js';
import { SqlFailure } from './sql-failure.js';

/** Matches one identifier, quoted or not, as one group. */
export const identifierPattern = String.raw`("(?:[^"]|"")+"|[A-Za-z_][\w$]*)`;

/** A name as Snowflake resolves it: in upper case unless it is quoted. */
export function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toUpperCase();
}

const missing = () =>
  new SqlFailure(
    '002043',
    '02000',
    'SQL compilation error:\nObject does not exist, or operation cannot be performed.',
  );

/** ALTER SESSION SET a = 1, b = 'x' / UNSET a, b: every parameter is accepted and kept. */
function alterSession(sql: string, { parameters }: SandboxSession): boolean {
  const match = /^ALTER\s+SESSION\s+(SET|UNSET)\s+([\s\S]+)$/i.exec(sql);
  if (match === null) return false;
  const [, verb, list = ''] = match;
  if (verb?.toUpperCase() === 'UNSET') {
    for (const name of list.split(/[\s,]+/)) parameters.delete(name.toUpperCase());
    return true;
  }
  const assignments = [...list.matchAll(/(\w+)\s*=\s*('(?:[^']|'')*'|[^\s,]+)/g)];
  if (assignments.length === 0)
    throw new SqlFailure('001003', '42000', 'SQL compilation error:\nsyntax error');
  for (const [, name = '', value = ''] of assignments) {
    parameters.set(name.toUpperCase(), value.replace(/^'|'$/g, '').replaceAll("''", "'"));
  }
  return true;
}

async function use(sql: string, session: SandboxSession, engine: Engine): Promise<boolean> {
  const match = new RegExp(
    `^USE\\s+(?:(ROLE|WAREHOUSE|DATABASE|SCHEMA|SECONDARY\\s+ROLES)\\s+)?${identifierPattern}(?:\\.${identifierPattern})?$`,
    'i',
  ).exec(sql);
  if (match === null) return false;
  const [, what = '', first = '', second] = match;
  const name = unquoted(first);
  const kind = what.toUpperCase();
  if (kind === 'ROLE') session.role = name;
  else if (kind === 'WAREHOUSE') session.warehouse = name;
  else if (kind === 'SCHEMA' || second !== undefined) {
    const database = second === undefined ? session.database : name;
    const schema = second === undefined ? name : unquoted(second);
    if (database === undefined || !(await engine.exists(database, schema))) throw missing();
    session.database = database;
    session.schema = schema;
  } else if (!kind.startsWith('SECONDARY')) {
    if (!(await engine.exists(name))) throw missing();
    session.database = name;
    session.schema = (await engine.exists(name, 'PUBLIC')) ? 'PUBLIC' : undefined;
  }
  return true;
}

/** ALTER SESSION and USE change the session and touch no data; true when the statement was one of them. */
export async function runSessionStatement(
  sql: string,
  session: SandboxSession,
  engine: Engine,
): Promise<boolean> {
  return alterSession(sql, session) || (await use(sql, session, engine));
}
