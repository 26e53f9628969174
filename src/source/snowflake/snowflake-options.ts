import type { BackOff } from '../../back-off/retry.js';
import type { SharedLogin } from '../source-kind.js';
import type { ProxySettings } from '../../vault/proxy-choice.js';
import type { SnowflakeSettings } from './snowflake-settings.js';

/** Which account, as whom, and with what of it in use: keys of the section. Secrets are in it: it is never logged. */
export interface SnowflakeConnection extends Pick<
  SnowflakeSettings,
  | 'access_url'
  | 'allowed_hosts'
  | 'user'
  | 'authenticator'
  | 'password'
  | 'token_file'
  | 'oauth_token'
  | 'private_key_path'
  | 'private_key'
  | 'private_key_passphrase'
  | 'warehouse'
  | 'database'
  | 'schema'
  | 'role'
> {
  readonly account: string;
  /** The usual proxy variables; the driver itself does not look at the environment. */
  readonly proxy: ProxySettings;
  /** `performance.connect_timeout_ms`: for one connection, with its handshake. */
  readonly connectTimeoutMs?: number | undefined;
}

/** What is asked, before it is SQL: keys of the section, with its defaults where they are absent. */
export interface QueryChoice extends Partial<
  Pick<SnowflakeSettings, 'table' | 'clm_table' | 'mbr_table' | 'udf_database' | 'udf_schema'>
> {
  readonly mode: SnowflakeSettings['query_mode'];
  /** The SELECT of mode custom: its first two columns are value and token. */
  readonly sql?: string | undefined;
}

/** A query that this run has submitted before, as its journal has it. */
export interface RecordedQuery {
  readonly queryId: string;
  /** ISO 8601. */
  readonly submittedAt: string;
  /**
   * Rows of it may have been sent: only this result has their positions, and no other is asked for. While false,
   * a query that failed or was cancelled is submitted anew.
   */
  readonly rowsTaken: boolean;
  /** The transient table that it makes. */
  readonly table?: string | undefined;
}

/** A query that has just been submitted. */
export interface SubmittedQuery {
  readonly queryId: string;
  /** ISO 8601. */
  readonly submittedAt: string;
  readonly sql: string;
  /** The transient table that it makes, with `snapshot: 'table'`. */
  readonly table?: string | undefined;
}

export interface SnowflakeSourceOptions {
  readonly vaultName: string;
  readonly column: string;
  readonly connection: SnowflakeConnection;
  /** Absent: nobody else logs in as this user. */
  readonly login?: SharedLogin | undefined;
  readonly query: QueryChoice;
  /** `result`: the result set, which Snowflake keeps for 24 hours. `table`: a transient table made from it. */
  readonly snapshot: 'result' | 'table';
  /** `SCHEMA` or `DATABASE.SCHEMA` of the transient table; database and schema of the connection when absent. */
  readonly scratchSchema?: string | undefined;
  readonly keepSnapshot: boolean;
  /** Reads the result of this query, whoever submitted it, and submits none. */
  readonly queryId?: string | undefined;
  /** Attaches to what this run submitted before instead of asking again. */
  readonly recorded?: RecordedQuery | undefined;
  /** The rows of the result that are this source: start included, end excluded, from 0. */
  readonly startRecord?: number | undefined;
  readonly endRecord?: number | undefined;
  /** Rows to read ahead. It never limits the result. */
  readonly fetchSize: number;
  /** Goes into QUERY_TAG and into the name of the transient table. */
  readonly runId: string;
  readonly statementTimeoutSeconds: number;
  /**
   * While the consumer waits, no row for this long means that the driver hangs, and no answer to a request that the
   * server is gone: the result is opened again in a new session.
   */
  readonly watchdogMs: number;
  /** A batch is closed before its values and tokens are larger. */
  readonly maxBatchBytes?: number | undefined;
  /** The most records that a load gets through while the result lasts; undefined: any number. */
  readonly mostRecords?: number | undefined;
  /** Awaited before anything is read: the query id is then on disk. */
  readonly onQuerySubmitted: (query: SubmittedQuery) => Promise<void>;
  readonly onNotice: (message: string) => void;
  /** How often and how long failures without a new row in between are lived with. */
  readonly patience?: Patience | undefined;
  /** A result is opened again after this long, because its chunk URLs expire; 4 hours when absent. */
  readonly reopenAfterMs?: number | undefined;
}

/** How often, and how long after the failure before, something is tried again. */
export interface Patience extends BackOff {
  readonly attempts: number;
}

/** Some four minutes of an outage, besides what the driver itself tries. */
export const DEFAULT_PATIENCE: Patience = { attempts: 12, firstDelayMs: 1_000, maxDelayMs: 30_000 };
