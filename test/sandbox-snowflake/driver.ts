import './driver-environment.js';
import type { Readable } from 'node:stream';
import snowflake, {
  type Connection,
  type ConnectionOptions,
  type FileAndStageBindStatement,
  type RowStatement,
  type StatementOption,
  type StreamOptions,
} from 'snowflake-sdk';

snowflake.configure({ logLevel: 'OFF', useEnvProxy: false });

export type Row = readonly (string | number | boolean | Date | null)[];
type Statement = RowStatement | FileAndStageBindStatement;
type ExecuteOptions = Omit<StatementOption, 'sqlText' | 'complete'>;

/** The driver says null where its types say undefined. */
const isAbsent = (error: unknown) => error === undefined || error === null;

/** A connection of the real driver, by default as the sandbox's default user. */
export async function connect(
  accessUrl: string,
  options: Partial<ConnectionOptions> = {},
): Promise<Connection> {
  const connection = snowflake.createConnection({
    account: 'sandbox',
    accessUrl,
    username: 'loader',
    password: 'sandbox-password',
    database: 'ELEVANCE',
    schema: 'PUBLIC',
    sfRetryMaxLoginRetries: 1,
    ...options,
  });
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => {
      if (isAbsent(error)) resolve();
      else reject(error);
    });
  });
  return connection;
}

/** Runs a test's body with a connection and logs out afterwards. */
export async function withConnection<T>(
  accessUrl: string,
  options: Partial<ConnectionOptions>,
  body: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(accessUrl, options);
  try {
    return await body(connection);
  } finally {
    await disconnect(connection);
  }
}

/** Logs out; a session that is no longer valid is not worth an error. */
export async function disconnect(connection: Connection): Promise<void> {
  await new Promise<void>((resolve) => {
    connection.destroy(() => resolve());
  });
}

export function execute(
  connection: Connection,
  sqlText: string,
  options: ExecuteOptions = {},
): Promise<Statement> {
  return new Promise((resolve, reject) => {
    connection.execute({
      sqlText,
      streamResult: true,
      rowMode: 'array',
      ...options,
      complete: (error, statement) => {
        if (isAbsent(error)) resolve(statement);
        else reject(error);
      },
    });
  });
}

/** Opens the result of a query that ran before, perhaps in another session. */
export function reopen(connection: Connection, queryId: string): Promise<Statement> {
  return new Promise((resolve, reject) => {
    connection.fetchResult({
      queryId,
      streamResult: true,
      rowMode: 'array',
      complete: (error, statement) => {
        if (isAbsent(error)) resolve(statement);
        else reject(error);
      },
    });
  });
}

export async function rowsOf(statement: Statement, range?: StreamOptions): Promise<Row[]> {
  const rows: Row[] = [];
  const stream: Readable = statement.streamRows(range);
  for await (const row of stream) rows.push(row as Row);
  return rows;
}

export async function select(
  connection: Connection,
  sqlText: string,
  options: ExecuteOptions = {},
): Promise<Row[]> {
  return rowsOf(await execute(connection, sqlText, options));
}

/** Rows without regard to their order. */
export function multiset(rows: readonly (readonly unknown[])[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}
