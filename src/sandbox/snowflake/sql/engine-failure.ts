import { snowflakeName, writtenName } from './engine-names.js';
import { chainLength } from './rewrite-table.js';
import { SqlFailure, notEmulated } from './sql-failure.js';
import { isName, isSymbol, readTokens, resolvedName } from './tokens.js';

/** The statement that failed, as it came, and where its names belonged. */
export interface FailedStatement {
  readonly sql: string;
  readonly database?: string | undefined;
  readonly schema?: string | undefined;
}

type Failed = readonly [code: string, sqlState: string, message: string];
type Wording = (found: (group: number) => string, statement: FailedStatement) => Failed;

const compilation = 'SQL compilation error:\n';

/** Line and position of a text in a statement, from 1 and from 0 as Snowflake counts. */
function placeOf(text: string, { sql }: FailedStatement): string {
  const at = Math.max(0, sql.toUpperCase().indexOf(text.toUpperCase()));
  const before = sql.slice(0, at).split('\n');
  return `line ${before.length} at position ${before.at(-1)?.length ?? 0}`;
}

/** What the engine calls by this name, as Snowflake writes it. */
const shown = (name: string) =>
  name.replaceAll('"', '').split('.').map(snowflakeName).map(writtenName).join('.');

/** A name that the engine could not find, with the names around it where the statement has them. */
function asWritten(name: string, { sql }: FailedStatement): string {
  const tokens = readTokens(sql);
  for (let at = 0; at < tokens.length; at += 1) {
    if (isSymbol(tokens[at - 1], '.')) continue;
    const chain = tokens
      .slice(at, at + chainLength(tokens, at))
      .filter(isName)
      .map(resolvedName)
      .map(writtenName);
    if (chain.at(-1) === name || chain.at(-2) === name) return chain.join('.');
  }
  return name;
}

const missingTable: Wording = (found, statement) => {
  const name = asWritten(shown(found(1)), statement);
  const verb = /^\s*(\w+)/.exec(statement.sql)?.[1]?.toUpperCase() ?? 'SELECT';
  const lacks =
    statement.database === undefined ? 'database' : statement.schema === undefined ? 'schema' : undefined;
  if (lacks === undefined || name.includes('.')) {
    return ['002003', '42S02', `${compilation}Object '${name}' does not exist or not authorized.`];
  }
  const code = lacks === 'database' ? '090105' : '090106';
  const call = `Call 'USE ${lacks.toUpperCase()}', or use a qualified name.`;
  return [code, '22000', `Cannot perform ${verb}. This session does not have a current ${lacks}. ${call}`];
};

const invalidIdentifier: Wording = (found, statement) => {
  const name = asWritten(shown(found(1)), statement);
  return [
    '000904',
    '42000',
    `SQL compilation error: error ${placeOf(name, statement)}\ninvalid identifier '${name}'`,
  ];
};

const unrecognised =
  (code: string, sqlState: string, kind: string): Wording =>
  (found) => [code, sqlState, `${kind} value '${found(1)}' is not recognized`];

/** What the engine says, and what Snowflake says of the same. */
const wordings: readonly (readonly [said: RegExp, wording: Wording])[] = [
  [
    /^Parser Error: syntax error at or near "(.*?)"(?:\n|$)/s,
    (found, statement) => [
      '001003',
      '42000',
      `${compilation}syntax error ${placeOf(found(1), statement)} unexpected '${found(1)}'.`,
    ],
  ],
  [
    /^Parser Error/,
    (_found, statement) => {
      const lines = statement.sql.trimEnd().split('\n');
      const place = `line ${lines.length} at position ${lines.at(-1)?.length ?? 0}`;
      return ['001003', '42000', `${compilation}syntax error ${place} unexpected '<EOF>'.`];
    },
  ],
  [/^Catalog Error: (?:Table|View) with name (.+?) does not exist/, missingTable],
  [/^Binder Error: Table "?([^"]+?)"? does not exist/, missingTable],
  [
    /^(?:Binder|Catalog) Error: Catalog "([^"]+)" does not exist/,
    (found) => [
      '002003',
      '02000',
      `${compilation}Database '${shown(found(1))}' does not exist or not authorized.`,
    ],
  ],
  [
    /^Catalog Error: Schema with name "?([^"]+?)"? does not exist/,
    (found) => [
      '002003',
      '02000',
      `${compilation}Schema '${shown(found(1))}' does not exist or not authorized.`,
    ],
  ],
  [
    /^Catalog Error: (?:Table|View|Schema|Sequence|Index) with name "?([^"]+?)"? already exists/,
    (found) => ['002002', '42710', `${compilation}Object '${shown(found(1))}' already exists.`],
  ],
  [
    /^Catalog Error: (?:Scalar|Table|Aggregate|Table Macro|Macro|Window|)\s?Function with name "?(\S+?)"? does not exist/,
    (found) => {
      const name = shown(found(1));
      if (isSnowflakeFunction(name)) throw notEmulated(name);
      return ['002140', '42601', `${compilation}Unknown function ${name}`];
    },
  ],
  [/^Binder Error: Referenced column "([^"]+)" (?:not found|was not found)/, invalidIdentifier],
  [/^Binder Error: Referenced table "([^"]+)" not found/, invalidIdentifier],
  [/^Binder Error: Table "[^"]+" does not have a column (?:named|with name) "([^"]+)"/, invalidIdentifier],
  [
    /^Binder Error: Ambiguous reference to column name "([^"]+)"/,
    (found) => ['002028', '42601', `${compilation}ambiguous column name '${shown(found(1))}'`],
  ],
  [
    /^Binder Error: column "([^"]+)" must appear in the GROUP BY/,
    (found) => ['000979', '42601', `${compilation}[${shown(found(1))}] is not a valid group by expression`],
  ],
  [
    /^Binder Error: (?:table \S+ has (\d+) columns but (\d+) values|Mismatch between the number of columns (\d+) and values? (\d+))/,
    (found) => [
      '002020',
      '21S01',
      `${compilation}Insert value list does not match column list expecting ${found(1) || found(3)} but got ${found(2) || found(4)}`,
    ],
  ],
  [
    /^Binder Error: (?:No function matches the given name and argument types '|Could not choose a best candidate function for the function call ")([^(]+)\(/,
    (found, statement) => [
      '001044',
      '42P13',
      `SQL compilation error: error ${placeOf(found(1), statement)}\nInvalid argument types for function '${shown(found(1))}'`,
    ],
  ],
  [
    /^Conversion Error: Could not convert string ["']Division by zero["']/,
    () => ['100051', '22012', 'Division by zero'],
  ],
  [/^Conversion Error: Could not convert string '(.*)' to BOOL/s, unrecognised('100037', '22018', 'Boolean')],
  [
    /^Conversion Error: (?:Could not (?:convert|cast) string|Could not convert) ["'](.*?)["'] to (?:U?(?:INT|HUGEINT)\d*|DOUBLE|FLOAT|DECIMAL)/s,
    unrecognised('100038', '22018', 'Numeric'),
  ],
  [
    /^Conversion Error: (?:invalid date field format|date field value out of range): "(.*?)"/s,
    (found) => ['100040', '22007', `Date '${found(1)}' is not recognized`],
  ],
  [
    /^Conversion Error: (?:invalid timestamp field format|timestamp field value out of range): "(.*?)"/s,
    (found) => ['100035', '22007', `Timestamp '${found(1)}' is not recognized`],
  ],
  [
    /^Conversion Error: (?:Type \S+ with value (\S+) can't be cast|(?:Could not cast value|Casting value) "?(\S+?)"? to)/,
    (found) => ['100039', '22003', `Numeric value '${found(1) || found(2)}' is out of range`],
  ],
  [
    /^(?:Out of Range|Overflow) Error|out of range/,
    () => ['100039', '22003', 'Numeric value is out of range'],
  ],
  [/\(Error: (String '.*' is too long and would be truncated)\)$/s, (found) => ['100078', '22000', found(1)]],
  [/^Constraint Error: NOT NULL/, () => ['100072', '22000', 'NULL result in a non-nullable column']],
  [/^Out of Memory/, () => ['000603', 'XX000', 'SQL execution internal error']],
];

/** An error of the SQL engine as the failure that Snowflake would report: in its words, none of the engine's. */
export function asSqlFailure(error: unknown, statement: FailedStatement): SqlFailure {
  if (error instanceof SqlFailure) return error;
  const said = error instanceof Error ? error.message : String(error);
  const marked = /not emulated: ([^\n]*?)(?:", expected .*|["'] to .*)?$/m.exec(said)?.[1];
  if (marked !== undefined) return notEmulated(marked, { cause: error });
  if (said.startsWith('TransactionContext Error')) {
    return notEmulated('going on in a transaction of which a statement failed: ROLLBACK', { cause: error });
  }
  for (const [pattern, wording] of wordings) {
    const match = pattern.exec(said);
    if (match === null) continue;
    const [code, sqlState, message] = wording((group) => match[group] ?? '', statement);
    return new SqlFailure(code, sqlState, message, { cause: error });
  }
  return notEmulated('what this statement asks for', { cause: error });
}

const names =
  'ADD_MONTHS APPROX_COUNT_DISTINCT APPROX_PERCENTILE ARRAY_AGG ARRAY_APPEND ARRAY_CAT ARRAY_COMPACT ARRAY_CONSTRUCT ' +
  'ARRAY_CONTAINS ARRAY_DISTINCT ARRAY_SIZE ARRAY_SLICE ARRAY_TO_STRING AS_VARCHAR ASCII BASE64_DECODE_STRING ' +
  'BASE64_ENCODE BITAND BITOR BITXOR BOOLAND_AGG BOOLOR_AGG CHARINDEX CHECK_JSON COLLATE COMPRESS CONDITIONAL_TRUE_EVENT ' +
  'CONTAINS CONVERT_TIMEZONE CURRENT_AVAILABLE_ROLES CURRENT_CLIENT CURRENT_DATABASE CURRENT_IP_ADDRESS CURRENT_ROLE ' +
  'CURRENT_SCHEMA CURRENT_SCHEMAS CURRENT_STATEMENT CURRENT_TRANSACTION DATE_FROM_PARTS DATE_PART DAYNAME DECODE ' +
  'DECOMPRESS_STRING DECRYPT ENCRYPT ENDSWITH FLATTEN GENERATOR GET GET_DDL GET_PATH HASH HASH_AGG HEX_DECODE_STRING ' +
  'HEX_ENCODE IFNULL INITCAP INSERT IS_ARRAY IS_NULL_VALUE IS_OBJECT IS_ROLE_IN_SESSION JAROWINKLER_SIMILARITY ' +
  'LAST_DAY LAST_QUERY_ID LAST_TRANSACTION LIKE_ALL LIKE_ANY MD5_BINARY MD5_HEX MD5_NUMBER_LOWER64 MEDIAN MONTHNAME ' +
  'MONTHS_BETWEEN NEXT_DAY OBJECT_AGG OBJECT_CONSTRUCT OBJECT_CONSTRUCT_KEEP_NULL OBJECT_DELETE OBJECT_INSERT OBJECT_KEYS ' +
  'OBJECT_PICK PARSE_IP PARSE_URL PARSE_XML PREVIOUS_DAY RANDOM RANDSTR RATIO_TO_REPORT REGEXP_COUNT REGEXP_INSTR ' +
  'REGEXP_LIKE REGEXP_REPLACE REGEXP_SUBSTR REGR_SLOPE RESULT_SCAN RLIKE RTRIMMED_LENGTH SEQ1 SEQ2 SEQ4 SEQ8 SHA1 ' +
  'SHA1_HEX SHA2_BINARY SHA2_HEX SOUNDEX SPACE SPLIT SPLIT_PART SPLIT_TO_TABLE SQUARE STARTSWITH STRIP_NULL_VALUE ' +
  'STRTOK STRTOK_TO_ARRAY SYSTEM$TYPEOF TIME_FROM_PARTS TIME_SLICE TIMESTAMP_FROM_PARTS TO_ARRAY TO_BINARY TO_BOOLEAN ' +
  'TO_DECIMAL TO_DOUBLE TO_JSON TO_NUMERIC TO_OBJECT TO_TIME TO_TIMESTAMP TO_TIMESTAMP_LTZ TO_TIMESTAMP_NTZ ' +
  'TO_TIMESTAMP_TZ TO_VARIANT TO_XML TRANSLATE TRY_BASE64_DECODE_STRING TRY_HEX_DECODE_STRING TRY_TO_BOOLEAN TRY_TO_DATE ' +
  'TRY_TO_DECIMAL TRY_TO_DOUBLE TRY_TO_NUMBER TRY_TO_NUMERIC TRY_TO_TIME TRY_TO_TIMESTAMP TRY_TO_TIMESTAMP_NTZ TYPEOF ' +
  'UNICODE UNIFORM WIDTH_BUCKET XMLGET ZIPF';
const known = new Set(names.split(' '));

/** Whether Snowflake has a function of this name, so that it is not unknown but not emulated. */
const isSnowflakeFunction = (name: string): boolean => known.has(name) || name.startsWith('SYSTEM$');
