/** 32 hexadecimal digits, grouped as in a UUID or not at all: room for chance, and for little else. */
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^[0-9a-f]{32}$/i;

/**
 * A request id as it may be shown: only what looks like one, and is neither value nor token of its request (`records`,
 * column by column). A vault or a gateway may put anything into the header.
 */
export function readRequestId(
  header: string | readonly string[] | undefined,
  ...records: readonly (readonly string[])[]
): string | undefined {
  const text = typeof header === 'string' ? header : header?.[0];
  if (text === undefined || !ID.test(text)) return undefined;
  const digits = digitsOf(text);
  const isRecord = records.some((cells) =>
    cells.some((cell) => cell.length >= 32 && digitsOf(cell) === digits),
  );
  return isRecord ? undefined : text;
}

/** Snowflake's id of a query as it may be shown. */
export function shownQueryId(id: string): string {
  return ID.test(id) ? id : `without an id (${id.length} characters that are none)`;
}

/** An error code or SQL state of Snowflake as it may be shown; undefined for anything of another form. */
export function readErrorCode(code: string): string | undefined {
  return /^\d{6}$/.test(code) ? code : undefined;
}

/** The classes that SQL states begin with, in the standard and in Snowflake. */
const SQL_STATE = /^(?:0[0-9A]|2[0-9BDF]|3[489BDF]|4[024]|5[34578]|72|F0|H[VYZ]|P0|XX)[0-9A-Z]{3}$/;

/** As `readErrorCode`, for a SQL state. */
export function readSqlState(state: string): string | undefined {
  return SQL_STATE.test(state) ? state : undefined;
}

const digitsOf = (text: string): string => text.trim().toLowerCase().replaceAll('-', '');
