/** The status of one entry; older answers spell it otherwise. */
export function readStatus(record: Readonly<Record<string, unknown>>): number | undefined {
  const code = record['httpCode'] ?? record['http_code'] ?? record['statusCode'];
  return typeof code === 'number' && Number.isInteger(code) ? code : undefined;
}
