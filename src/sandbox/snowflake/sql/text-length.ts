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
