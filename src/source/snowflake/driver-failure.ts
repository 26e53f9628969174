import { SuperviseError } from '../../errors/supervise-error.js';
import { knownSnowflakeMessage } from '../../outside/known-messages.js';
import { OutsideText } from '../../outside/outside-text.js';
import { readErrorCode, readSqlState, shownQueryId } from '../../outside/known-forms.js';
import { createScrubber } from '../../vault/scrub.js';

/** No connection, with its handshake, within `performance.connect_timeout_ms`; the driver wraps it. */
export class ConnectFailure extends Error {
  override readonly name = 'ConnectFailure';
  readonly code = 'ETIMEDOUT';
}

/** What the driver says about an error, as far as it is to be believed. */
export interface DriverFailure {
  readonly name: string;
  readonly code: string;
  readonly sqlState: string | undefined;
  readonly message: string;
  readonly queryId: string | undefined;
}

/** The driver's stream stood still, or broke off: the rows are still there, the way to them is not. */
export class StreamFailure extends Error {
  override readonly name = 'StreamFailure';
}

export function describeFailure(error: unknown): DriverFailure {
  const facts = typeof error === 'object' && error !== null ? error : {};
  const text = (key: string, from: object = facts): string | undefined => {
    const value: unknown = Reflect.get(from, key);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
  const data: unknown = Reflect.get(facts, 'data');
  return {
    name: text('name') ?? 'Error',
    code: text('code') ?? '',
    sqlState: text('sqlState'),
    message: text('message') ?? String(error),
    queryId: typeof data === 'object' && data !== null ? text('queryId', data) : undefined,
  };
}

/** An error of ours that the driver has wrapped into one of its own, such as a host that is not allowed. */
function wrapped<T extends Error>(kind: abstract new (...of: never[]) => T, error: unknown): T | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if (at instanceof kind) return at;
  }
  return undefined;
}

/** Session and master tokens that are expired, gone or unknown: a new login helps. */
const sessionCodes = new Set([
  '407001',
  '407002',
  '390104',
  '390110',
  '390111',
  '390112',
  '390114',
  '390115',
]);
const goneCodes = new Set(['000612', '000709', '000710']);
/** Refused because the object was made in the meantime, or Snowflake itself failed: asking again helps. */
const transientCodes = new Set(['000603', '000625']);

/** Whether another connection, or the same question later, may succeed. What Snowflake has decided is final. */
export function isRecoverable(error: unknown): boolean {
  if (error instanceof StreamFailure) return true;
  if (wrapped(SuperviseError, error) !== undefined) return false;
  const { name, code, sqlState } = describeFailure(error);
  if (sessionCodes.has(code) || transientCodes.has(code)) return true;
  if (name === 'OperationFailedError' || name === 'ClientError' || name === 'InvalidParameterError')
    return false;
  return sqlState === undefined || sqlState.startsWith('08') || sqlState === '';
}

/** Whether a result cannot be fetched any more: expired, or never there. */
export function isResultGone(error: unknown): boolean {
  return goneCodes.has(describeFailure(error).code);
}

/** Whether a table, or the right to see it, is missing. */
export function isMissingObject(error: unknown): boolean {
  return describeFailure(error).sqlState === '42S02' || describeFailure(error).code === '002003';
}

const hints: readonly (readonly [codes: RegExp, hint: string])[] = [
  [
    /^39010[0-2]$/,
    'Check snowflake.user, snowflake.password and snowflake.account; too many attempts lock a user.',
  ],
  [
    /^3903(00|0[2-9]|1\d)$/,
    'Get a new OAuth token, and check that the integration allows this user and role.',
  ],
  [
    /^39014[4-5]$/,
    'Check snowflake.user, snowflake.account (without region) and that the public key of snowflake.private_key_path is registered for the user (RSA_PUBLIC_KEY).',
  ],
  [
    /^3944\d\d$/,
    'Check the programmatic access token: it expires, belongs to one user, and may be bound to a role and to a network policy.',
  ],
  [
    /^(390197|39042[0-3])$/,
    'Snowflake lets nobody in from here, or not in this way: a network policy must allow the address that this machine has outside, and a user that has to use a second factor needs a key pair (SNOWFLAKE_JWT) or a programmatic access token instead of a password.',
  ],
  [
    /^39450\d$/,
    'The user must log in with a second factor (MFA), which a program cannot: use a key pair (snowflake.authenticator SNOWFLAKE_JWT) or a programmatic access token, best for a user of TYPE = SERVICE.',
  ],
  [
    /^390432$/,
    'A programmatic access token needs a network policy for its user: let an administrator set one, or use a key pair (SNOWFLAKE_JWT).',
  ],
  [/^390(18[69]|190)$/, 'Check snowflake.role: it must exist and be granted to the user.'],
  [/^000606$/, 'No warehouse is in use: check that snowflake.warehouse exists and that the role may use it.'],
  [
    /^(002003|002043|390201|09010[56])$/,
    'Check the names of database, schema, table and warehouse, and that the role may use them (snowflake.role).',
  ],
  [
    /^(002140|002141)$/,
    'Check snowflake.udf_database and snowflake.udf_schema, and that the role may use the function.',
  ],
  [
    /^000904$/,
    'Check that the tables have the columns that the query names: the column of the vault, and that of its tokens beside it (check --verbose shows the SQL).',
  ],
  [/^003001$/, 'The role lacks a privilege (snowflake.role).'],
  [/^000630$/, 'The statement ran into its time limit: use a larger warehouse, or raise the limit.'],
  [/^000604$/, 'Somebody cancelled the query.'],
];

export interface FailureContext {
  readonly vaultName: string;
  /** What was being done, as in `cannot log in to Snowflake account X`. */
  readonly doing: string;
  readonly sql?: string | undefined;
  readonly queryId?: string | undefined;
  readonly secrets: readonly string[];
  readonly hint?: string | undefined;
}

/**
 * The error for people: what was being done, what the error means, its code, SQL state and query id, and the SQL, which is
 * ours. What Snowflake says is never repeated: functions of the account, and conversions, quote the rows they stumble
 * over. The driver's own error holds responses and headers: it is not kept as a cause.
 */
export function sourceError(error: unknown, context: FailureContext): SuperviseError {
  const own = wrapped(SuperviseError, error);
  if (own !== undefined) return own;
  const failure = describeFailure(error);
  const { vaultName, doing, sql, secrets, queryId = failure.queryId } = context;
  const code = readErrorCode(failure.code);
  const sqlState = readSqlState(failure.sqlState ?? '');
  const facts = [
    code === undefined ? '' : `code ${code}`,
    sqlState === undefined ? '' : `SQL state ${sqlState}`,
    queryId === undefined ? '' : `query ${shownQueryId(queryId)}`,
  ].filter((fact) => fact !== '');
  const foreign = describeForeignReply(error);
  const ours = error instanceof StreamFailure ? error : wrapped(ConnectFailure, error);
  const message =
    ours !== undefined
      ? ours.message
      : (foreign ??
        new OutsideText(failure.message, {
          meaning: knownSnowflakeMessage(failure.code, failure.message),
        }).shape);
  const scrub = createScrubber(secrets);
  const text =
    `vault ${vaultName}: ${doing}: ${message}` +
    (facts.length === 0 ? '' : ` (${facts.join(', ')})`) +
    (sql === undefined ? '' : `\nThe SQL was:\n${scrub(sql)}`);
  const hint =
    context.hint ??
    hints.find(([codes]) => codes.test(failure.code))?.[1] ??
    (foreign === undefined ? whereToLook(queryId) : LOOK_BETWEEN);
  return new SuperviseError('source', text, { hint });
}

const LOOK_BETWEEN =
  'Check snowflake.account or snowflake.access_url, and what stands between (proxy, gateway, login page).';

function whereToLook(queryId: string | undefined): string | undefined {
  if (queryId === undefined) return undefined;
  return "Snowflake's own words are not repeated here, since they may quote a row: the query's page in Snowsight (Monitoring, Query History) has them.";
}

/** Content types that may be named: a header can quote a row as well as a body. */
const KNOWN_TYPES = new Set(['text/html', 'text/plain', 'text/xml', 'application/xml', 'application/json']);

/**
 * What an answer was that is none of Snowflake's, as the driver's error tells it: its HTTP status and content type, and
 * nothing of its content. Undefined when the error is about something else.
 */
function describeForeignReply(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // The driver takes any body with status 200 for an answer; one that is no JSON then says neither success nor a code.
  if (error.name === 'OperationFailedError' && Reflect.get(error, 'code') === undefined) {
    return 'HTTP 200, and not an answer of Snowflake (a proxy or login page?)';
  }
  if (error.name !== 'RequestFailedError') return undefined;
  const response = asObject(Reflect.get(error, 'response'));
  const status: unknown = response === undefined ? undefined : Reflect.get(response, 'statusCode');
  if (response === undefined || typeof status !== 'number') return undefined;
  const headers = asObject(Reflect.get(response, 'headers'));
  const header: unknown = headers === undefined ? undefined : Reflect.get(headers, 'content-type');
  const type = typeof header === 'string' ? (header.split(';', 1)[0] ?? '').trim().toLowerCase() : '';
  const named = type === '' ? 'no content type' : KNOWN_TYPES.has(type) ? type : 'another content type';
  if (named === 'application/json') return `HTTP ${status} in place of an answer`;
  return `HTTP ${status} with ${named}, not an answer of Snowflake (a proxy or login page?)`;
}

const asObject = (value: unknown): object | undefined =>
  typeof value === 'object' && value !== null ? value : undefined;
