import { asObject, parseJson } from './json-object.js';
import type { AnswerHeaders } from './post.js';

/** The body of an answer as text, without a byte order mark. */
export function answerText(body: Buffer): string {
  const hasMark = body.length >= 3 && body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return body.toString('utf8', hasMark ? 3 : 0);
}

/** The encoding of an answer that nobody asked for; undefined when there is none. */
export function unaskedEncoding(headers: AnswerHeaders): string | undefined {
  const encoding = token(headers['content-encoding']);
  return encoding === undefined || encoding === 'identity' ? undefined : encoding;
}

/**
 * What an answer is that is none of the vault: status, content type, encoding, target of a redirect. Of its content
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
  const type = token(headers['content-type']) ?? 'no content type';
  if (body.length === 0) return `HTTP ${status} with an empty body, which is no answer of the vault`;
  const page = /^\s*<(?:!doctype|html)/i.test(body.toString('latin1', 0, 200)) ? ', a web page' : '';
  const form = asObject(parseJson(answerText(body))) === undefined ? '' : ', JSON of another form';
  return `HTTP ${status} ${type}${page}${form} (${body.length} bytes), which is no answer of the vault`;
}

/** A header's value up to its first parameter, if that looks like one. */
function token(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === 'string' ? header : header?.[0];
  const value = text?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /^[a-z0-9!#$&^_.+/-]{1,80}$/.test(value) ? value : undefined;
}

function redirectTarget(headers: AnswerHeaders): string {
  const header = headers['location'];
  const location = typeof header === 'string' ? header : (header?.[0] ?? '');
  if (location.startsWith('/')) return 'another path of the same host';
  return URL.canParse(location) ? new URL(location).host.slice(0, 100) : 'a place that it does not name';
}
