import { knownVaultMessage } from '../outside/known-messages.js';
import { OutsideText } from '../outside/outside-text.js';
import type { VaultEnvelope } from './effect-table.js';
import { asObject, parseJson } from './json.js';

/** The longest error answer that is parsed, and how much of its message is kept, in characters. */
const PARSED_LENGTH = 65_536;
const MESSAGE_LENGTH = 500;

/** What an error answer says: the JSON envelope of the vault, or any other text. */
export interface ErrorEnvelope extends VaultEnvelope {
  /** One line of at most 500 characters without control characters; empty when the answer says nothing. */
  readonly said: OutsideText;
  /** What `said` means, with the gRPC code: for everybody. */
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
  const said = outsideText(typeof message === 'string' ? message : answer, scrub);
  const grpcCode = asGrpcCode(error?.['grpc_code']);
  const code = grpcCode === undefined ? '' : ` (gRPC ${grpcCode})`;
  return {
    said,
    message: `${said.shape}${code}`,
    isEnvelope: asObject(whole?.['error']) !== undefined,
    httpCode: asInteger(error?.['http_code']),
    grpcCode,
  };
}

/**
 * What a vault says, on one line. What it means is told by the words as they came: a credential that is an ordinary
 * word, as `token`, would else be missing from them. `scrub` takes credentials out of what may be written down.
 */
export function outsideText(text: string, scrub: (text: string) => string): OutsideText {
  return new OutsideText(oneLine(text), { meaning: knownVaultMessage(text), cleaned: oneLine(scrub(text)) });
}

/** Text from outside as one short line that cannot move a terminal's cursor. */
export function oneLine(text: string): string {
  const line = text
    .replace(/<[^<>]{0,200}>/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return line.length > MESSAGE_LENGTH ? `${line.slice(0, MESSAGE_LENGTH - 1)}…` : line;
}

/** One of the 17 codes there are: any other number may be a record's. */
function asGrpcCode(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 16
    ? value
    : undefined;
}

function asInteger(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}
