import { notEmulated } from './sql-failure.js';
import { lengthOfCheckSql } from './compatibility-macros.js';
import { engineTokens, isName, isSymbol, quoteLiteral, resolvedName, type Token } from './tokens.js';

const name = (column: string) => `replace(${column}, chr(57344), '')`;
const ofDatabase = "database_name = d AND NOT internal AND schema_name <> 'main'";
const relation = (kind: 'table' | 'view') =>
  `SELECT ${name('database_name')} AS TABLE_CATALOG, ${name('schema_name')} AS TABLE_SCHEMA, ` +
  `${name(`${kind}_name`)} AS TABLE_NAME, 'SYSADMIN' AS TABLE_OWNER, ` +
  `'${kind === 'table' ? 'BASE TABLE' : 'VIEW'}' AS TABLE_TYPE, ` +
  `${kind === 'table' ? 'estimated_size' : 'NULL::BIGINT'} AS ROW_COUNT, comment AS "COMMENT" ` +
  `FROM duckdb_${kind}s() WHERE ${ofDatabase}`;

/** Snowflake's views of what a database (by the engine's name) holds, as table macros. */
export const informationMacros: readonly string[] = [
  `SANDBOX_TABLES(d) AS TABLE ${relation('table')} UNION ALL ${relation('view')}`,
  `SANDBOX_VIEWS(d) AS TABLE ${relation('view')}`,
  `SANDBOX_SCHEMATA(d) AS TABLE SELECT ${name('database_name')} AS CATALOG_NAME, ${name('schema_name')} AS SCHEMA_NAME, ` +
    `'SYSADMIN' AS SCHEMA_OWNER, comment AS "COMMENT" FROM duckdb_schemas() WHERE ${ofDatabase}`,
  `SANDBOX_COLUMNS(d) AS TABLE SELECT ${name('c.database_name')} AS TABLE_CATALOG, ${name('c.schema_name')} AS TABLE_SCHEMA, ` +
    `${name('c.table_name')} AS TABLE_NAME, ${name('c.column_name')} AS COLUMN_NAME, column_index AS ORDINAL_POSITION, ` +
    "column_default AS COLUMN_DEFAULT, CASE WHEN is_nullable THEN 'YES' ELSE 'NO' END AS IS_NULLABLE, " +
    "CASE WHEN data_type LIKE 'DECIMAL%' OR data_type LIKE '%INT%' THEN 'NUMBER' WHEN data_type = 'VARCHAR' THEN 'TEXT' " +
    "WHEN data_type = 'DOUBLE' THEN 'FLOAT' WHEN data_type = 'TIMESTAMP' THEN 'TIMESTAMP_NTZ' " +
    "WHEN data_type LIKE 'TIMESTAMP WITH%' THEN 'TIMESTAMP_LTZ' WHEN data_type = 'JSON' THEN 'VARIANT' " +
    "WHEN data_type = 'BLOB' THEN 'BINARY' ELSE data_type END AS DATA_TYPE, " +
    `CASE WHEN data_type = 'VARCHAR' THEN coalesce(${lengthOfCheckSql('constraint_text')}, 16777216) END AS CHARACTER_MAXIMUM_LENGTH, ` +
    'numeric_precision AS NUMERIC_PRECISION, numeric_scale AS NUMERIC_SCALE, c.comment AS "COMMENT" ' +
    'FROM duckdb_columns() c LEFT JOIN (SELECT database_name, table_oid, constraint_text, constraint_column_names[1] AS column_name ' +
    "FROM duckdb_constraints() WHERE constraint_type = 'CHECK') USING (database_name, table_oid, column_name) " +
    "WHERE c.database_name = d AND NOT internal AND c.schema_name <> 'main'",
];

/** `[database.]INFORMATION_SCHEMA.view` of these tokens as a call of its macro; throws SqlFailure for another view. */
export function informationView(
  tokens: readonly Token[],
  at: number,
): { readonly take: number; readonly tokens: readonly Token[] } | undefined {
  const first = tokens[at];
  if (!isName(first) || isSymbol(tokens[at - 1], '.') || !isSymbol(tokens[at + 1], '.')) return undefined;
  const schemas = ['INFORMATION_SCHEMA', 'ACCOUNT_USAGE'];
  const own = schemas.includes(resolvedName(first)) ? at : at + 2;
  const [schema, view] = [tokens[own], tokens[own + 2]];
  if (!isName(schema) || !schemas.includes(resolvedName(schema))) return undefined;
  if (!isSymbol(tokens[own + 1], '.') || !isName(view)) return undefined;
  const called = resolvedName(view);
  if (
    resolvedName(schema) === 'ACCOUNT_USAGE' ||
    !['TABLES', 'VIEWS', 'SCHEMATA', 'COLUMNS'].includes(called)
  ) {
    throw notEmulated(`${resolvedName(schema)}.${called}`);
  }
  const database = own === at ? "getvariable('sandbox_database')" : quoteLiteral(resolvedName(first));
  return { take: own + 3 - at, tokens: engineTokens(`memory.main.SANDBOX_${called}(${database})`, first) };
}
