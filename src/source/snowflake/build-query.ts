import { SuperviseError } from '../../errors/supervise-error.js';
import { sqlIdentifier, sqlName, sqlTable } from './identifiers.js';
import type { QueryChoice } from './snowflake-options.js';
import { usualQuery } from './snowflake-settings.js';

export interface QueryRequest {
  readonly vaultName: string;
  /** The vault's column: it says which columns of the tables are meant. */
  readonly column: string;
  readonly query: QueryChoice;
  readonly database: string;
  readonly schema: string;
}

/** A SELECT whose first two columns are value and token. */
export interface BuiltQuery {
  readonly sql: string;
  /** The tables it reads, as they stand in it; empty for SQL of the user's own. */
  readonly tables: readonly string[];
}

interface VaultColumns {
  readonly clm: readonly string[];
  readonly mbr: readonly string[];
  readonly output: string;
  readonly udf: string;
}

/** Columns of the claims and members tables by vault column, as in the loader being replaced. */
const claimsAndMembers: Readonly<Record<string, VaultColumns>> = {
  name: {
    clm: ['SRC_MBR_FRST_NM', 'SRC_MBR_LAST_NM', 'SRC_MBR_MID_INIT_NM'],
    mbr: ['FRST_NM', 'LAST_NM', 'MID_INIT_NM'],
    output: 'NAME',
    udf: 'SKFL_MBR_NAME_DETOK',
  },
  id: {
    clm: ['SRC_ENRLMNT_ID', 'SRC_HC_ID', 'SRC_SBSCRBR_ID'],
    mbr: ['SRC_ENRLMNT_ID', 'HC_ID', 'SBSCRBR_ID'],
    output: 'ID',
    udf: 'SKFL_MBR_IDENTIFIERS_DETOK',
  },
  dob: { clm: ['SRC_MBR_BRTH_DT'], mbr: ['BRTH_DT'], output: 'BRTH_DT', udf: 'SKFL_BIRTHDATE_DETOK' },
  ssn: { clm: ['SRC_MBR_SSN'], mbr: ['SSN'], output: 'SSN', udf: 'SKFL_SSN_DETOK' },
};

/** The SQL of a vault. Pure; throws SuperviseError `config` for names that are none and for modes without a query. */
export function buildQuery(request: QueryRequest): BuiltQuery {
  switch (request.query.mode) {
    case 'simple':
      return simpleQuery(request);
    case 'union':
      return unionQuery(request);
    case 'generic':
      return genericQuery(request);
    case 'custom':
      return { sql: customSql(request), tables: [] };
    default:
      return request.query.mode satisfies never;
  }
}

function simpleQuery(request: QueryRequest): BuiltQuery {
  const table = sqlTable(request.query.table ?? usualQuery.table, request, 'snowflake.table');
  // Names, and only names, are compared in upper case, as in the loader being replaced.
  const isName = request.column === 'name';
  const sourceColumn = isName ? 'full_name' : request.column;
  const column = sqlIdentifier(sourceColumn, 'the column');
  const token = sqlIdentifier(`${sourceColumn}_token`, 'the token column');
  return {
    sql:
      `SELECT DISTINCT ${isName ? 'UPPER' : 'TO_VARCHAR'}(${column}) AS ${column}, ${token}\n` +
      `FROM ${table}\n` +
      `WHERE ${column} IS NOT NULL AND ${token} IS NOT NULL`,
    tables: [table],
  };
}

function unionQuery(request: QueryRequest): BuiltQuery {
  const columns = columnsOf(request);
  const { clm, mbr } = twoTables(request);
  const udf = udfName(columns, request.query);
  const select = (column: string, table: string) =>
    `  SELECT ${column} AS ${columns.output} FROM ${table} GROUP BY 1`;
  return {
    // The UDF sees the column as it is stored; only what is loaded is cast.
    sql:
      `SELECT TO_VARCHAR(DT.${columns.output}) AS ${columns.output}, ` +
      `${udf}(DT.${columns.output}) AS ${request.column}_token\nFROM (\n` +
      unite(columns, { clm, mbr }, select) +
      '\n) DT\nGROUP BY 1, 2',
    tables: [clm, mbr],
  };
}

/**
 * SQL with as many rows and the same values as the vault's query, to be measured: a UDF, which may take long, is not called;
 * values stand in place of its tokens.
 */
export function measurableSql(request: QueryRequest): string {
  if (request.query.mode !== 'union') return buildQuery(request).sql;
  const columns = columnsOf(request);
  const select = (column: string, table: string) =>
    `  SELECT ${column} AS ${columns.output} FROM ${table} GROUP BY 1`;
  const value = `TO_VARCHAR(DT.${columns.output})`;
  return `SELECT ${value} AS value, ${value} AS token\nFROM (\n${unite(columns, twoTables(request), select)}\n) DT\nGROUP BY 1, 2`;
}

function udfName(
  { udf }: VaultColumns,
  { udf_database = usualQuery.udf_database, udf_schema = usualQuery.udf_schema }: QueryChoice,
): string {
  const place = [
    sqlName(udf_database, 'snowflake.udf_database'),
    sqlName(udf_schema, 'snowflake.udf_schema'),
  ];
  return [...place, udf].join('.');
}

/** The UDF that makes the tokens of a vault's query, as SQL; undefined in modes without one. */
export function unionUdf(request: Pick<QueryRequest, 'vaultName' | 'column' | 'query'>): string | undefined {
  return request.query.mode === 'union' ? udfName(columnsOf(request), request.query) : undefined;
}

function genericQuery(request: QueryRequest): BuiltQuery {
  const columns = columnsOf(request);
  const { clm, mbr } = twoTables(request);
  const token = `${request.column}_token`;
  const select = (column: string, table: string) =>
    `  SELECT TO_VARCHAR(${column}) AS ${columns.output}, ${column}_TOKEN AS ${token} FROM ${table} GROUP BY 1, 2`;
  return {
    sql:
      `SELECT DT.${columns.output}, DT.${token}\nFROM (\n` +
      unite(columns, { clm, mbr }, select) +
      '\n) DT\nGROUP BY 1, 2',
    tables: [clm, mbr],
  };
}

function unite(
  columns: VaultColumns,
  tables: { readonly clm: string; readonly mbr: string },
  select: (column: string, table: string) => string,
): string {
  return [
    ...columns.clm.map((column) => select(column, tables.clm)),
    ...columns.mbr.map((column) => select(column, tables.mbr)),
  ].join('\n  UNION\n');
}

function columnsOf({
  vaultName,
  column,
  query,
}: Pick<QueryRequest, 'vaultName' | 'column' | 'query'>): VaultColumns {
  const columns = Object.hasOwn(claimsAndMembers, column) ? claimsAndMembers[column] : undefined;
  if (columns !== undefined) return columns;
  throw new SuperviseError(
    'config',
    `vault ${vaultName}: query mode ${query.mode} has no query for the column "${column}"; it knows ${Object.keys(claimsAndMembers).join(', ')}`,
    { hint: 'Set snowflake.query_mode to custom and give the vault its own `query`, or use mode simple.' },
  );
}

function twoTables(request: QueryRequest): { clm: string; mbr: string } {
  return {
    clm: sqlTable(request.query.clm_table ?? 'CLM', request, 'snowflake.clm_table'),
    mbr: sqlTable(request.query.mbr_table ?? 'MBR', request, 'snowflake.mbr_table'),
  };
}

const leadingComments = /^(?:\s+|--[^\n]*(?:\n|$)|\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/;

/** The user's own SQL, without semicolons at its end. Only a query is taken: a source changes nothing. */
function customSql({ vaultName, query }: QueryRequest): string {
  const sql = (query.sql ?? '').replace(/[\s;]+$/, '');
  if (sql === '') {
    throw new SuperviseError('config', `vault ${vaultName}: query mode custom needs the vault's own SQL`, {
      hint: 'Set `query` of this vault: a SELECT whose first two columns are value and token.',
    });
  }
  if (!/^(?:SELECT|WITH|\()/i.test(sql.replace(leadingComments, ''))) {
    throw new SuperviseError('config', `vault ${vaultName}: its \`query\` is not a SELECT`, {
      hint: 'The query begins with SELECT or WITH; its first two columns are value and token.',
    });
  }
  return sql.trimStart();
}

/**
 * A CTE `pairs` over a query, to build further SQL upon: `value`, `token` and, where the query has more columns,
 * names for those. `columnCount` is how many columns the query has.
 */
export function pairsOf(sql: string, columnCount: number): string {
  const names = ['value', 'token'];
  for (let index = 2; index < columnCount; index += 1) names.push(`column_${index + 1}`);
  // The line break ends a comment in the last line of the user's own SQL.
  return `WITH pairs (${names.join(', ')}) AS (\n${sql}\n)`;
}
