/** Statuses of a single record after which it may be sent again: nothing is known against its content. */
const PASSING = new Set([401, 408, 425, 429]);

export function isPassing(status: number): boolean {
  return PASSING.has(status);
}

/** The status of one entry; older answers spell it otherwise. */
export function readStatus(record: Readonly<Record<string, unknown>>): number | undefined {
  const code = record['httpCode'] ?? record['http_code'] ?? record['statusCode'];
  return typeof code === 'number' && Number.isInteger(code) ? code : undefined;
}
