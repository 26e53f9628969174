import { asObject, parseJson } from './json.js';
import type { AnswerHeaders } from './post.js';

/** The body of an answer as text, without a byte order mark. */
export function answerText(body: Buffer): string {
  const hasMark = body.length >= 3 && body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return body.toString('utf8', hasMark ? 3 : 0);
}

/** The encoding of an answer that nobody asked for; undefined when there is none. */
export function unaskedEncoding(headers: AnswerHeaders): string | undefined {
  const encoding = first(headers['content-encoding']);
  if (encoding === '' || encoding === 'identity') return undefined;
  return KNOWN_ENCODINGS.has(encoding) ? encoding : 'of an unknown kind';
}

// A header can quote a record as well as a body: only names that there are get out.
const KNOWN_ENCODINGS = new Set(['gzip', 'x-gzip', 'br', 'deflate', 'zstd', 'compress']);
const KNOWN_TYPES = new Set([
  ...['text/html', 'text/plain', 'text/xml', 'application/xml', 'application/xhtml+xml', 'text/css'],
  ...['application/json', 'application/problem+json', 'application/octet-stream', 'text/javascript'],
]);

/** Whether an answer is a page for people, as gateways and login pages send it. */
export function isWebPage({
  headers,
  body,
}: {
  readonly headers: AnswerHeaders;
  readonly body: Buffer;
}): boolean {
  return (
    first(headers['content-type']).includes('html') ||
    /^\s*<(?:!doctype|html)/i.test(body.toString('latin1', 0, 200))
  );
}

/**
 * What an answer is that is none of the vault: status, content type, encoding, whether it is a redirect. Of its content
 * nothing is quoted.
 */
export function describeForeignAnswer(answer: {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: Buffer;
}): string {
  const { status, headers, body } = answer;
  if (status >= 300 && status < 400) {
    return `HTTP ${status} to ${redirectTarget(headers)}: redirects are not followed; check skyflow.vault_url`;
  }
  const encoding = unaskedEncoding(headers);
  if (encoding !== undefined) {
    return `HTTP ${status} with content-encoding ${encoding}, which was not asked for`;
  }
  const given = first(headers['content-type']);
  const type = given === '' ? 'no content type' : KNOWN_TYPES.has(given) ? given : 'another content type';
  if (body.length === 0) return `HTTP ${status} with an empty body, which is no answer of the vault`;
  const page = isWebPage(answer) ? ', a web page' : '';
  const form = asObject(parseJson(answerText(body))) === undefined ? '' : ', JSON of another form';
  return `HTTP ${status} ${type}${page}${form} (${body.length} bytes), which is no answer of the vault`;
}

/** A header's value up to its first parameter. */
function first(header: string | readonly string[] | undefined): string {
  const text = typeof header === 'string' ? header : header?.[0];
  return text?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Not its name: a host may quote a record as any other text of somebody else does. */
function redirectTarget(headers: AnswerHeaders): string {
  const header = headers['location'];
  const location = typeof header === 'string' ? header : (header?.[0] ?? '');
  if (location.startsWith('/') && !location.startsWith('//')) return 'another path of the same host';
  return URL.canParse(location) ? 'another host' : 'a place that it does not name';
}
