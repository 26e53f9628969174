import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import tls from 'node:tls';
import { SuperviseError } from '../../errors/supervise-error.js';

/**
 * The driver looks into the environment for more than it is told. Whatever stands there, in the process that loads it:
 * certificates are verified (its agents leave that to Node's own switch), no native add-on is loaded, no cloud's
 * metadata service is asked, and OCSP answers come from where the certificates say. `undefined` is taken away.
 */
const PINNED: Readonly<Record<string, string | undefined>> = {
  NODE_TLS_REJECT_UNAUTHORIZED: undefined,
  SNOWFLAKE_DISABLE_MINICORE: 'true',
  SNOWFLAKE_DISABLE_PLATFORM_DETECTION: 'true',
  SF_TELEMETRY_DISABLE_CONNECTION_SHAPE: '1',
  SF_OCSP_RESPONSE_CACHE_SERVER_ENABLED: undefined,
  SF_OCSP_RESPONSE_CACHE_SERVER_URL: undefined,
  SF_OCSP_RESPONDER_URL: undefined,
  SF_OCSP_TEST_INJECT_VALIDITY_ERROR: undefined,
  SF_OCSP_TEST_INJECT_UNKNOWN_STATUS: undefined,
  SF_OCSP_TEST_OCSP_RESPONDER_TIMEOUT: undefined,
  SF_OCSP_TEST_OCSP_RESPONSE_CACHE_SERVER_TIMEOUT: undefined,
  SF_OCSP_TEST_CACHE_MAXAGE: undefined,
};

/** Where the driver reads a client configuration from the home directory or a variable: a log of all it sends. */
const EASY_LOGGING = 'snowflake-sdk/dist/lib/logger/easy_logging_starter.js';

/**
 * To be called before the driver is loaded: it reads some of this while it loads. TLS is 1.2 at least, and nobody's
 * `sf_client_config.json` counts. The driver has no switch for that: a file that is not there is an error to it.
 */
function pinDriverEnvironment(): void {
  for (const [name, value] of Object.entries(PINNED)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
  tls.DEFAULT_MIN_VERSION = 'TLSv1.2';
  const easyLogging: unknown = createRequire(import.meta.url)(EASY_LOGGING);
  Object.assign(easyLogging as object, { init: () => Promise.resolve() });
}

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
