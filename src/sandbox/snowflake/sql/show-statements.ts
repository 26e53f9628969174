import type { DuckDBConnection } from '@duckdb/node-api';
import type { WireRow } from '../result-store.js';
import type { SandboxSession } from '../sessions.js';
import { engineName, snowflakeName } from './engine-names.js';
import { chainLength, fullName } from './rewrite-table.js';
import { accountParameters } from './account-parameters.js';
import { notEmulated } from './sql-failure.js';
import { lengthOfCheck } from './compatibility-macros.js';
import { isName, isWord, quoteLiteral, resolvedName, type Token } from './tokens.js';
import { tableColumns } from './table-columns.js';

/** What SHOW and DESCRIBE answer: names of columns in lower case, and texts. */
export interface Shown {
  readonly columns: readonly string[];
  readonly rows: readonly WireRow[];
}

const own = "('memory', 'system', 'temp', 'SANDBOX_RESULTS')";
const madeAt = '1970-01-01 00:00:00.000 +0000';

async function read(connection: DuckDBConnection, sql: string): Promise<string[][]> {
  const reader = await connection.runAndReadAll(sql);
  return reader.getRows().map((row) => row.map((value) => (value === null ? '' : String(value))));
}

/** The same of a catalogue of names. */
async function readNames(connection: DuckDBConnection, sql: string): Promise<string[][]> {
  return (await read(connection, sql)).map((row) => row.map(snowflakeName));
}

/** A type of the engine as DESCRIBE writes it. */
function describedType(engineType: string, length: number | undefined): string {
  if (length !== undefined) return `VARCHAR(${length})`;
  if (engineType.startsWith('DECIMAL')) return engineType.replace('DECIMAL', 'NUMBER');
  if (/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(engineType)) return 'NUMBER(38,0)';
  const names: Readonly<Record<string, string>> = {
    VARCHAR: 'VARCHAR(16777216)',
    DOUBLE: 'FLOAT',
    FLOAT: 'FLOAT',
    TIMESTAMP: 'TIMESTAMP_NTZ(9)',
    'TIMESTAMP WITH TIME ZONE': 'TIMESTAMP_LTZ(9)',
    TIME: 'TIME(9)',
    JSON: 'VARIANT',
    BLOB: 'BINARY(8388608)',
  };
  return names[engineType] ?? engineType;
}

const describeColumns =
  'name type kind null? default primary_key unique_key check expression comment policy_name privacy_domain'
    .split(' ')
    .map((name) => name.replace('_', ' '));

async function describe(
  tokens: readonly Token[],
  session: SandboxSession,
  temporary: ReadonlySet<string>,
  connection: DuckDBConnection,
): Promise<Shown> {
  const at = isWord(tokens[1], 'TABLE', 'VIEW') ? 2 : 1;
  const length = chainLength(tokens, at);
  if (length === 0 || at + length < tokens.length) throw notEmulated(`${tokens[0]?.text ?? ''} of this`);
  const names = fullName(tokens.slice(at, at + length), session);
  const columns = await tableColumns(connection, names, temporary);
  return {
    columns: describeColumns,
    rows: columns.map(({ name, type, isNullable, standard: value = '', check = '' }) => {
      const standard = value.includes('nextval') ? 'IDENTITY START 1 INCREMENT 1 NOORDER' : value || null;
      const known = [
        snowflakeName(name),
        describedType(type, lengthOfCheck(check)),
        'COLUMN',
        isNullable ? 'Y' : 'N',
        standard,
        'N',
        'N',
      ];
      return [...known, null, null, null, null, null];
    }),
  };
}

type Show = (
  session: SandboxSession,
  connection: DuckDBConnection,
  scope: readonly string[],
) => Promise<Shown>;

const current = (is: boolean) => (is ? 'Y' : 'N');

const shows: Readonly<Record<string, Show>> = {
  async PARAMETERS({ parameters }) {
    await Promise.resolve();
    const known = new Map(accountParameters.map(({ name, value }) => [name, String(value)]));
    const names = [...new Set([...known.keys(), ...parameters.keys()])].sort();
    return {
      columns: ['key', 'value', 'default', 'level', 'description', 'type'],
      rows: names.map((name) => {
        const standard = known.get(name) ?? '';
        const value = parameters.get(name);
        return [name, value ?? standard, standard, value === undefined ? '' : 'SESSION', '', 'STRING'];
      }),
    };
  },
  async WAREHOUSES({ warehouse }) {
    await Promise.resolve();
    return {
      columns: 'name state type size running queued is_default is_current created_on owner comment'.split(
        ' ',
      ),
      rows:
        warehouse === undefined
          ? []
          : [[warehouse, 'STARTED', 'STANDARD', 'X-Small', '0', '0', 'N', 'Y', madeAt, 'SYSADMIN', '']],
    };
  },
  async DATABASES({ database }, connection) {
    const names = await readNames(
      connection,
      `SELECT database_name FROM duckdb_databases() WHERE database_name NOT IN ${own} AND NOT internal ORDER BY 1`,
    );
    return {
      columns: 'created_on name is_default is_current origin owner comment options retention_time kind'.split(
        ' ',
      ),
      rows: names.map(([name = '']) => [
        ...[madeAt, name, 'N', current(name === database), '', 'SYSADMIN', '', '', '1', 'STANDARD'],
      ]),
    };
  },
  async SCHEMAS({ database, schema }, connection, [named = database ?? '']) {
    const names = await readNames(
      connection,
      `SELECT schema_name FROM duckdb_schemas() WHERE database_name = ${quoteLiteral(engineName(named))} AND NOT internal ORDER BY 1`,
    );
    return {
      columns:
        'created_on name is_default is_current database_name owner comment options retention_time'.split(' '),
      rows: names.map(([name = '']) => [
        ...[
          madeAt,
          name,
          'N',
          current(named === database && name === schema),
          named,
          'SYSADMIN',
          '',
          '',
          '1',
        ],
      ]),
    };
  },
  async TABLES({ database, schema }, connection, scope) {
    const [ofDatabase = database, ofSchema = scope.length === 1 ? undefined : schema] = scope;
    const tables = await readNames(
      connection,
      'SELECT table_name, database_name, schema_name, estimated_size FROM duckdb_tables() ' +
        `WHERE database_name NOT IN ${own} AND database_name = ${quoteLiteral(engineName(ofDatabase ?? ''))}` +
        (ofSchema === undefined ? '' : ` AND schema_name = ${quoteLiteral(engineName(ofSchema))}`) +
        ' ORDER BY 1',
    );
    return {
      columns:
        'created_on name database_name schema_name kind comment cluster_by rows owner retention_time'.split(
          ' ',
        ),
      rows: tables.map(([name = '', inDatabase = '', inSchema = '', rows = '0']) => [
        ...[madeAt, name, inDatabase, inSchema, 'TABLE', '', '', rows, 'SYSADMIN', '1'],
      ]),
    };
  },
};

/** Database and schema of the name of a schema. */
const schemaOf = (chain: readonly Token[], { database = '' }: SandboxSession): string[] => {
  const names = chain.filter(isName).map(resolvedName);
  return names.length === 1 ? [database, ...names] : names;
};

/** The answer to a SHOW or DESCRIBE; throws SqlFailure for those that are not emulated. */
export async function runShow(
  tokens: readonly Token[],
  session: SandboxSession,
  temporary: ReadonlySet<string>,
  connection: DuckDBConnection,
): Promise<Shown> {
  if (!isWord(tokens[0], 'SHOW')) return describe(tokens, session, temporary, connection);
  const at = isWord(tokens[1], 'TERSE') ? 2 : 1;
  const what = tokens[at]?.text ?? '';
  const show = Object.hasOwn(shows, what) ? shows[what] : undefined;
  if (show === undefined) throw notEmulated(`SHOW ${what}`);
  let next = at + 1;
  let like: RegExp | undefined;
  if (isWord(tokens[next], 'LIKE')) {
    const pattern = tokens[next + 1]?.text.slice(1, -1) ?? '';
    const escaped = pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    like = new RegExp(`^${escaped.replaceAll('%', '.*').replaceAll('_', '.')}$`, 'is');
    next += 2;
  }
  if (isWord(tokens[next], 'IN', 'FOR')) next += 1;
  const isOfDatabase = what === 'SCHEMAS' || isWord(tokens[next], 'DATABASE');
  if (isWord(tokens[next], 'DATABASE', 'SCHEMA', 'SESSION', 'ACCOUNT')) next += 1;
  const length = chainLength(tokens, next);
  if (next + length < tokens.length)
    throw notEmulated(`SHOW ${what} with ${tokens[next + length]?.text ?? ''}`);
  const chain = tokens.slice(next, next + length);
  const scope =
    isOfDatabase || length === 0 ? chain.filter(isName).map(resolvedName) : schemaOf(chain, session);
  const { columns, rows } = await show(session, connection, scope);
  const name = columns.includes('name') ? columns.indexOf('name') : 0;
  return { columns, rows: like === undefined ? rows : rows.filter((row) => like.test(row[name] ?? '')) };
}
