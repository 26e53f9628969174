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

const classes: readonly (readonly [prefix: RegExp, code: string, sqlState: string])[] = [
  [/^Parser Error/, '001003', '42000'],
  [/^Catalog Error.*(Function|Macro)/, '002140', '42601'],
  [/^Catalog Error.*already exists/, '002002', '42710'],
  [/^Catalog Error/, '002003', '42S02'],
  [/^Binder Error.*(does not exist|Catalog)/, '002003', '42S02'],
  [/^Binder Error/, '000904', '42000'],
  [/^Conversion Error/, '100038', '22018'],
  [/^Constraint Error/, '100072', '22000'],
  [/^Out of Memory/, '000603', 'XX000'],
];

/** An error of the SQL engine as the failure Snowflake would report for it. */
export function asSqlFailure(error: unknown): SqlFailure {
  if (error instanceof SqlFailure) return error;
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
  const known = classes.find(([prefix]) => prefix.test(message));
  if (known === undefined) return new SqlFailure('100183', '22000', message, { cause: error });
  const [, code, sqlState] = known;
  const kind = code.startsWith('100') ? 'SQL execution error' : 'SQL compilation error';
  return new SqlFailure(code, sqlState, `${kind}:\n${message}`, { cause: error });
}
