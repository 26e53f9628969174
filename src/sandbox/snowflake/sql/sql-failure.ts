/** A statement that failed, in Snowflake's terms: what the driver shows as `code`, `sqlState` and message. */
export class SqlFailure extends Error {
  override readonly name = 'SqlFailure';
  readonly code: string;
  readonly sqlState: string;

  constructor(code: string, sqlState: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.sqlState = sqlState;
  }
}

/** That the sandbox does not do this: said plainly, in the place of something nearly right. */
export function notEmulated(what: string, options?: ErrorOptions): SqlFailure {
  return new SqlFailure('000002', '0A000', `not emulated: ${what}`, options);
}
