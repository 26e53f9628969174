/** The macro that checks that a text has no more characters than its column takes; see compatibility-macros. */
export const textFits = 'SANDBOX_TEXT_FITS';
/** The macro that casts to a text of so many characters. */
export const textCut = 'SANDBOX_TEXT_CUT';

/** The macro that casts to a text of any length, as Snowflake writes values; see compatibility-macros. */
export const asText = 'SANDBOX_TEXT';

/** The same in the engine's SQL. */
export const lengthOfCheckSql = (check: string): string =>
  `TRY_CAST(regexp_extract(${check}, '(?i)${textFits}\\(.*, (\\d+)\\)\\)$', 1) AS INTEGER)`;

/** The length that a column's check allows; undefined where the check is of something else. */
export function lengthOfCheck(check: string): number | undefined {
  const length = new RegExp(`${textFits}\\(.*, (\\d+)\\)\\)$`, 'is').exec(check)?.[1];
  return length === undefined ? undefined : Number(length);
}

/**
 * Fails with a message when it comes to a row. The engine's own `error()` counts as an effect, and a column with one could
 * not be named in the same SELECT again; a cast that cannot succeed is none. `of` keeps it from being worked out beforehand.
 */
const fails = (message: string, of: string, type: string) =>
  `cast_to_type('${message}' || left(CAST(${of} AS VARCHAR), 0), ${type})`;
const otherFormat = fails(
  'not emulated: texts of dates and times in another format than the usual one',
  'x',
  'CAST(NULL AS DATE)',
);

/** The text of a point in time, as its format of the session would have it: only the usual one is there. */
const moment = (text: string) =>
  `CASE WHEN getvariable('sandbox_formats') = 'other' THEN CAST(${otherFormat} AS VARCHAR) ELSE ${text} END`;
const text = 'CAST(x AS VARCHAR)';
const withMillis = `left(${text}, 19) || '.' || left(regexp_replace(substr(${text}, 21), '[^0-9].*', '') || '000', 3)`;
const written =
  `CASE typeof(x) WHEN 'DATE' THEN ${moment(text)} WHEN 'TIME' THEN ${moment(`left(${text}, 8)`)} ` +
  `WHEN 'TIMESTAMP' THEN ${moment(withMillis)} WHEN 'TIMESTAMP WITH TIME ZONE' THEN ${moment(`${withMillis} || ' +0000'`)} ` +
  `WHEN 'DOUBLE' THEN regexp_replace(${text}, '\\.0$', '') ELSE ${text} END`;

/** A quotient has six more digits behind the point than its dividend, as numbers of the engine's arithmetic have. */
const quotientType = (a: string, b: string) => `CASE WHEN FALSE THEN ${a} * 1.000000 + coalesce(${b}, 0) END`;
const byZero = (b: string, type: string) => fails('Division by zero', b, type);
const remainder = 'system.main."%"(a, b)';
const remainderOf = `CASE WHEN b = 0 THEN ${byZero('b', `CASE WHEN FALSE THEN ${remainder} END`)} ELSE ${remainder} END`;
const quotient = (a: string, b: string) => `cast_to_type(system.main."/"(${a}, ${b}), ${quotientType(a, b)})`;

/** Snowflake's scalar functions and operators that the engine has not, or has otherwise. */
export const compatibilityMacros: readonly string[] = [
  `"/"(a, b) AS CASE WHEN b = 0 THEN ${byZero('b', quotientType('a', 'b'))} ELSE ${quotient('a', 'b')} END`,
  `"%"(a, b) AS ${remainderOf}`,
  `MOD(a, b) AS ${remainderOf}`,
  `DIV0(a, b) AS CASE WHEN b = 0 THEN 0 ELSE ${quotient('a', 'b')} END`,
  `DIV0NULL(a, b) AS CASE WHEN coalesce(b, 0) = 0 THEN 0 ELSE ${quotient('a', 'b')} END`,
  // A check of a column, and a cast: the one refuses a text that is too long, the other cuts it.
  `${textFits}(x, n) AS CASE WHEN length(x) > n THEN error('String ''' || x || ''' is too long and would be truncated') ELSE TRUE END`,
  `${asText}(x) AS ${written}`,
  `${textCut}(x, n) AS left(${written}, n)`,
  'IFF(c, a, b) AS CASE WHEN c THEN a ELSE b END',
  'NVL(a, b) AS coalesce(a, b)',
  'NVL2(c, a, b) AS CASE WHEN c IS NOT NULL THEN a ELSE b END',
  'ZEROIFNULL(a) AS coalesce(a, 0)',
  'NULLIFZERO(a) AS nullif(a, 0)',
  'EQUAL_NULL(a, b) AS a IS NOT DISTINCT FROM b',
  `TO_VARCHAR(x) AS ${written}`,
  `TO_CHAR(x) AS ${written}`,
  'TO_DATE(x) AS CAST(x AS DATE)',
  'TO_NUMBER(x) AS CAST(x AS DECIMAL(38, 0))',
  'PARSE_JSON(x) AS CAST(x AS JSON)',
  'TRY_PARSE_JSON(x) AS TRY_CAST(x AS JSON)',
  `SHA2(x) AS sha256(x), (x, bits) AS CASE WHEN bits IN (0, 256) THEN sha256(x) ELSE ${fails('not emulated: SHA2 of other than 256 bits', 'bits', 'CAST(NULL AS DATE)')}::VARCHAR END`,
  'UUID_STRING() AS CAST(uuid() AS VARCHAR)',
  "CURRENT_VERSION() AS '9.99.0'",
  "CURRENT_ACCOUNT() AS 'SANDBOX'",
  "CURRENT_REGION() AS 'SANDBOX'",
  "CURRENT_USER() AS getvariable('sandbox_user')",
  "CURRENT_ROLE() AS getvariable('sandbox_role')",
  "CURRENT_WAREHOUSE() AS getvariable('sandbox_warehouse')",
  "CURRENT_SESSION() AS getvariable('sandbox_session')",
];
