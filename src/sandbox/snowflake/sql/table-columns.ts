import type { DuckDBConnection } from '@duckdb/node-api';
import { engineIdentifier, engineName, writtenName } from './engine-names.js';
import { notEmulated, SqlFailure } from './sql-failure.js';
import type { TableCopy } from './rewrite-table.js';
import { quoteLiteral } from './tokens.js';

/** A column of a table as the engine has it. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly isNullable: boolean;
  readonly standard: string | undefined;
  /** The check that a text is no longer than its column says. */
  readonly check: string | undefined;
}

/** The columns of the table of this full name (DATABASE, SCHEMA, NAME); throws SqlFailure where there is none. */
export async function tableColumns(
  connection: DuckDBConnection,
  names: readonly string[],
  temporary: ReadonlySet<string>,
): Promise<TableColumn[]> {
  const isTemporary = temporary.has(names.join('.'));
  const [database = '', schema = '', table = ''] = names.map(engineName);
  const reader = await connection.runAndReadAll(
    'SELECT column_name, data_type, is_nullable, column_default, constraint_text FROM duckdb_columns() LEFT JOIN ' +
      '(SELECT table_oid, database_name, constraint_text, constraint_column_names[1] AS column_name ' +
      "FROM duckdb_constraints() WHERE constraint_type = 'CHECK') USING (database_name, table_oid, column_name) " +
      `WHERE database_name = ${quoteLiteral(isTemporary ? 'temp' : database)} ` +
      `AND schema_name = ${quoteLiteral(isTemporary ? 'main' : schema)} ` +
      `AND table_name = ${quoteLiteral(table)} ORDER BY column_index`,
  );
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const columns = reader.getRows().map(([name, type, isNullable, standard, check]) => ({
    name: text(name) ?? '',
    type: text(type) ?? '',
    isNullable: isNullable === true,
    standard: text(standard),
    check: text(check),
  }));
  if (columns.length > 0) return columns;
  const name = names
    .filter((part) => part !== '')
    .map(writtenName)
    .join('.');
  throw new SqlFailure(
    '002003',
    '42S02',
    `SQL compilation error:\nTable '${name}' does not exist or not authorized.`,
  );
}

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** What a CREATE TABLE says of a column. */
function definition({ name, type, isNullable, standard, check }: TableColumn): string {
  return [
    `${identifier(name)} ${type}`,
    ...(standard === undefined ? [] : [`DEFAULT ${standard}`]),
    ...(isNullable ? [] : ['NOT NULL']),
    ...(check === undefined ? [] : [check]),
  ].join(' ');
}

/** Makes a table of another one's columns; in its place, where a column is added. */
export async function copyTable(
  connection: DuckDBConnection,
  { create, source, withRows, added }: TableCopy,
  temporary: ReadonlySet<string>,
): Promise<void> {
  const isTemporary = temporary.has(source.join('.'));
  const columns = await tableColumns(connection, source, temporary);
  const definitions = [...columns.map(definition), ...(added === undefined ? [] : [added])];
  await connection.run(`CREATE ${create} (${definitions.join(', ')})`);
  const name = engineIdentifier(source[2] ?? '');
  const from = isTemporary ? `temp.main.${name}` : source.map(engineIdentifier).join('.');
  const names = columns.map((column) => identifier(column.name)).join(', ');
  const target = create.replace(/^.*?TABLE (IF NOT EXISTS )?/, '');
  if (withRows) await connection.run(`INSERT INTO ${target} (${names}) SELECT ${names} FROM ${from}`);
  if (added === undefined) return;
  if (isTemporary) throw notEmulated('ALTER of a temporary table');
  await connection.run(`DROP TABLE ${from}`);
  await connection.run(`ALTER TABLE ${target} RENAME TO ${name}`);
}
