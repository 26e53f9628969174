import { asArray, asObject } from './json-object.js';
import type { RecordFailure } from './vault-client.js';
import type { Judgement } from './wire.js';

/** What one entry of an answer says, before it is held against the record that was sent. */
export type EntryReading =
  /** It has an id. `token` is the one that it gives back, if it gives back exactly one. */
  | { readonly kind: 'inserted'; readonly token: string | undefined; readonly status: number }
  /** The vault says that it did not take this record, and why. */
  | { readonly kind: 'refused'; readonly message: string; readonly status: number }
  /** It says neither: no entry, no id, an id beside an error, a status that may pass. */
  | { readonly kind: 'unclear' };

/** The words of an `error` field (text, or an object with a message); undefined when there is no error. */
export function readVaultError(entry: unknown): string | undefined {
  const error = asObject(entry)?.['error'];
  if (error === undefined || error === null || error === '') return undefined;
  if (typeof error === 'string') return error;
  const message = asObject(error)?.['message'];
  return typeof message === 'string' && message !== '' ? message : 'an error without a message';
}

/** Reads `{skyflow_id, tokens: {column: token}}`; the token may also stand as `[{token}]`. */
export function readRecord(entry: unknown, column: string, status: number): EntryReading {
  const record = asObject(entry);
  const error = readVaultError(record);
  const id = record?.['skyflow_id'];
  const hasId = typeof id === 'string' && id !== '';
  if (record === undefined || hasId === (error !== undefined)) return { kind: 'unclear' };
  if (error !== undefined) return { kind: 'refused', message: error, status };
  return { kind: 'inserted', token: readToken(asObject(record['tokens']), column), status };
}

function readToken(
  tokens: Readonly<Record<string, unknown>> | undefined,
  column: string,
): string | undefined {
  if (tokens === undefined || !Object.hasOwn(tokens, column)) return undefined;
  const cell = tokens[column];
  const list = asArray(cell);
  const token = list === undefined ? cell : list.length === 1 ? asObject(list[0])?.['token'] : undefined;
  return typeof token === 'string' ? token : undefined;
}

/**
 * Holds the entries of an answer against the tokens that were sent. Entries stand in request order; when there
 * are more or fewer than records, order proves nothing and only tokens count: a record is then uploaded when
 * its token came back, once for each record that bears it, and everything else is doubtful.
 */
export function judgeEntries(
  entries: readonly EntryReading[],
  tokens: readonly string[],
  scrub: (text: string) => string,
): Judgement {
  if (entries.length !== tokens.length) return { failures: [], doubtful: withoutToken(entries, tokens) };
  const failures: RecordFailure[] = [];
  const doubtful: number[] = [];
  for (const [index, entry] of entries.entries()) {
    switch (entry.kind) {
      case 'inserted':
        if (entry.token !== tokens[index]) failures.push(tokenMismatch(index, entry));
        break;
      case 'refused':
        failures.push({ index, reason: 'rejected', message: scrub(entry.message), status: entry.status });
        break;
      case 'unclear':
        doubtful.push(index);
        break;
      default:
        entry satisfies never;
    }
  }
  return { failures, doubtful };
}

function tokenMismatch(index: number, entry: { token: string | undefined; status: number }): RecordFailure {
  const message =
    entry.token === undefined
      ? 'the vault took the record and its answer gives back no token for the column'
      : 'the vault took the record and its answer gives back another token than the one that was sent';
  return { index, reason: 'token_mismatch', message, status: entry.status };
}

function withoutToken(entries: readonly EntryReading[], tokens: readonly string[]): number[] {
  const returned = new Map<string, number>();
  for (const entry of entries) {
    if (entry.kind !== 'inserted' || entry.token === undefined) continue;
    returned.set(entry.token, (returned.get(entry.token) ?? 0) + 1);
  }
  const sent = new Map<string, number>();
  for (const token of tokens) sent.set(token, (sent.get(token) ?? 0) + 1);
  const doubtful: number[] = [];
  for (const [index, token] of tokens.entries()) {
    if ((returned.get(token) ?? 0) < (sent.get(token) ?? 0)) doubtful.push(index);
  }
  return doubtful;
}
