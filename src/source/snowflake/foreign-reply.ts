/** Content types that may be named: a header can quote a row as well as a body. */
const KNOWN_TYPES = new Set(['text/html', 'text/plain', 'text/xml', 'application/xml', 'application/json']);

/**
 * What an answer was that is none of Snowflake's, as the driver's error tells it: its HTTP status and content type, and
 * nothing of its content. Undefined when the error is about something else.
 */
export function describeForeignReply(error: unknown): string | undefined {
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
