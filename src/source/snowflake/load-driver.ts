import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import { SuperviseError } from '../../errors/supervise-error.js';
import { pinDriverEnvironment } from './driver-environment.js';

/** A row in array mode. The columns that are read are VARCHAR: strings or null. */
export type DriverRow = readonly unknown[];

/** What is used of a column of the driver. */
export interface DriverColumn {
  getName(): string;
  getType(): string;
  isString(): boolean;
}

/** What is used of a statement of the driver. */
export interface DriverStatement {
  getQueryId(): string;
  getNumRows(): number;
  /** Undefined while there is no result. */
  getColumns(): DriverColumn[] | undefined;
  /** Both ends are inside, from 0. Only the chunks that overlap are downloaded. */
  streamRows(range: { start: number; end: number }): Readable;
  cancel(done: (error: unknown) => void): void;
}

type StatementDone = (error: unknown, statement: DriverStatement) => void;

export interface ExecuteOptions {
  sqlText: string;
  requestId?: string;
  asyncExec?: boolean;
  describeOnly?: boolean;
  /** One list for each row: the statement, an INSERT of one row, takes them all. */
  binds?: string[][];
  streamResult: true;
  rowMode: 'array';
  complete: StatementDone;
}

export interface FetchOptions {
  queryId: string;
  streamResult: true;
  rowMode: 'array';
  complete: StatementDone;
}

/** What is used of a connection of the driver. */
export interface DriverConnection {
  connect(done: (error: unknown) => void): unknown;
  execute(options: ExecuteOptions): DriverStatement;
  fetchResult(options: FetchOptions): DriverStatement;
  destroy(done: (error: unknown) => void): unknown;
}

/** The options of a connection that are used; see the driver's `ConnectionOptions`. */
export interface LoginOptions {
  account: string;
  accessUrl?: string;
  username?: string;
  authenticator: string;
  password?: string;
  token?: string;
  privateKey?: string;
  warehouse: string;
  database: string;
  schema: string;
  role?: string;
  application: string;
  clientSessionKeepAlive: boolean;
  resultPrefetch: number;
  rowStreamHighWaterMark: number;
  sfRetryMaxLoginRetries: number;
  proxyHost?: string;
  proxyPort?: number;
  proxyProtocol?: string;
  proxyUser?: string;
  proxyPassword?: string;
  noProxy?: string;
}

export interface Driver {
  configure(options: { logLevel: 'OFF'; useEnvProxy: boolean }): void;
  createConnection(options: LoginOptions): DriverConnection;
}

let loading: Promise<Driver> | undefined;

/**
 * The driver, loaded when it is first needed (340 ms, 55 MB), in an environment of our choice; its log, which goes to
 * the current directory, and its look at the proxy variables are off before the first connection.
 */
export function loadDriver(): Promise<Driver> {
  loading ??= importDriver();
  return loading;
}

/**
 * Throws `config`, with what to install, when the driver is not there: it is an optional dependency, since it brings most
 * of all packages along, and loads from files do without.
 */
export function assertDriver(): void {
  const require = createRequire(import.meta.url);
  try {
    require.resolve(PACKAGE);
  } catch (error) {
    throw new SuperviseError('config', `Snowflake's driver, the package ${PACKAGE}, is not installed`, {
      hint: `Install it beside this program: npm install ${PACKAGE}@${TESTED}. From a checkout: npm ci, without --omit=optional. Loads from files need no driver.`,
      cause: error,
    });
  }
}

const PACKAGE = 'snowflake-sdk';
/** The version in package.json. */
const TESTED = '3.3.0';

async function importDriver(): Promise<Driver> {
  assertDriver();
  pinDriverEnvironment();
  const { default: driver } = await import('snowflake-sdk');
  driver.configure({ logLevel: 'OFF', useEnvProxy: false });
  return driver;
}
