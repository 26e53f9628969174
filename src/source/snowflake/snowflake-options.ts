import type { BackOff } from '../../back-off/retry.js';
import type { SharedLogin } from '../source-kind.js';
import type { ProxySettings } from '../../vault/proxy-choice.js';

export const AUTHENTICATORS = ['snowflake', 'programmatic_access_token', 'SNOWFLAKE_JWT', 'OAUTH'] as const;

/** The ways to log in. An authenticator that the driver does not know would silently become a password login. */
export type Authenticator = (typeof AUTHENTICATORS)[number];

/** Which account, as whom, and with what of it in use. Secrets are in it: it is never logged. */
export interface SnowflakeConnection {
  /** `https://host[:port]`, where it is not the account's usual address. */
  readonly accessUrl?: string | undefined;
  /** `snowflake.allowed_hosts`: nothing goes to another one. Absent: no limit. */
  readonly allowedHosts?: string | undefined;
  readonly account: string;
  readonly user?: string | undefined;
  readonly authenticator: Authenticator;
  /** The password, or a programmatic access token in its place. */
  readonly password?: string | undefined;
  /** File of a programmatic access token or an OAuth token, read at every login. */
  readonly tokenFile?: string | undefined;
  readonly oauthToken?: string | undefined;
  /** PEM file, read at every login. */
  readonly privateKeyPath?: string | undefined;
  /** The key itself, as PEM. */
  readonly privateKey?: string | undefined;
  readonly privateKeyPassphrase?: string | undefined;
  readonly warehouse: string;
  readonly database: string;
  readonly schema: string;
  /** Absent: the user's default role. */
  readonly role?: string | undefined;
  /** The usual proxy variables; the driver itself does not look at the environment. */
  readonly proxy: ProxySettings;
  /** `performance.connect_timeout_ms`: for one connection, with its handshake. */
  readonly connectTimeoutMs?: number | undefined;
}

export type QueryMode = 'simple' | 'union' | 'generic' | 'custom';

/** What is asked, before it is SQL. */
export interface QueryChoice {
  readonly mode: QueryMode;
  /** Table of mode simple; `ELEVANCE.PUBLIC.PATIENTS` when absent. */
  readonly table?: string | undefined;
  /** Tables of the modes union and generic; `CLM` and `MBR` of database and schema when absent. */
  readonly clmTable?: string | undefined;
  readonly mbrTable?: string | undefined;
  /** Where the UDFs of mode union are; `T01_PROTEGRITY` and `SCRTY_ACS_CNTRL` when absent. */
  readonly udfDatabase?: string | undefined;
  readonly udfSchema?: string | undefined;
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
