import type { VaultEnvelope } from './effect-table.js';
import { asObject, parseJson } from './json-object.js';

/** The longest error answer that is parsed, and how much of its message is kept, in characters. */
const PARSED_LENGTH = 65_536;
const MESSAGE_LENGTH = 500;

/** What an error answer says: the JSON envelope of the vault, or any other text. */
export interface ErrorEnvelope extends VaultEnvelope {
  /** One line of at most 500 characters without control characters; empty when the answer says nothing. */
  readonly message: string;
  /** It is JSON with `error`. */
  readonly isEnvelope: boolean;
}

/** Reads `{"error":{grpc_code, http_code, message, …}}`, `{"error":"text"}`, `{"message":"text"}` or plain text. */
export function readErrorEnvelope(answer: string, scrub: (text: string) => string): ErrorEnvelope {
  const whole = asObject(answer.length <= PARSED_LENGTH ? parseJson(answer) : undefined);
  const inner = whole?.['error'] ?? whole;
  const error = asObject(inner);
  const message = typeof inner === 'string' ? inner : error?.['message'];
  return {
    message: oneLine(scrub(typeof message === 'string' ? message : answer)),
    isEnvelope: asObject(whole?.['error']) !== undefined,
    httpCode: asInteger(error?.['http_code']),
    grpcCode: asInteger(error?.['grpc_code']),
  };
}

/** Text from outside as one short line that cannot move a terminal's cursor. Scrub it before. */
export function oneLine(text: string): string {
  const line = text
    .replace(/<[^<>]{0,200}>/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return line.length > MESSAGE_LENGTH ? `${line.slice(0, MESSAGE_LENGTH - 1)}…` : line;
}

/** A request id as it may be shown; undefined for anything that does not look like one. */
export function readRequestId(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === 'string' ? header : header?.[0];
  return text !== undefined && /^[\w.:/+=-]{1,128}$/.test(text) ? text : undefined;
}

function asInteger(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}
