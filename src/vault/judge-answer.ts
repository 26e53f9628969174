import { asArray, asObject } from './json.js';
import type { RecordFailure } from './record-columns.js';
import type { JudgeOptions, Judgement } from './wire.js';

/** What one entry of an answer says, before it is held against the record that was sent. */
export type EntryReading =
  /** It has an id. `token` is the one that it gives back, if it gives back exactly one. */
  | {
      readonly kind: 'inserted';
      readonly token: string | undefined;
      readonly status: number;
      readonly id: string;
    }
  /** The vault says that it did not take this record, and why. */
  | { readonly kind: 'refused'; readonly message: string; readonly status: number }
  /** It says neither: no entry, no id, an id beside an error, a status that may pass. A token may be in it all the same. */
  | { readonly kind: 'unclear'; readonly token: string | undefined };

/** An entry that says nothing. */
export const UNCLEAR: EntryReading = { kind: 'unclear', token: undefined };

/** The words of an `error` field (text, or an object with a message); undefined when there is no error. */
export function readVaultError(entry: unknown): string | undefined {
  const error = asObject(entry)?.['error'];
  if (error === undefined || error === null || error === '') return undefined;
  if (typeof error === 'string') return error;
  const message = asObject(error)?.['message'];
  return typeof message === 'string' && message !== '' ? message : 'an error without a message';
}

/** Whether there is anything to judge: a refusal as a whole may bear an empty list. */
export function isJudgement(
  entries: readonly unknown[] | undefined,
  status: number,
): entries is readonly unknown[] {
  return entries !== undefined && (entries.length > 0 || (status >= 200 && status < 300));
}

/** Reads `{skyflow_id, tokens: {column: token}}`; the token may also stand as `[{token}]`. */
export function readRecord(entry: unknown, column: string, status: number): EntryReading {
  const record = asObject(entry);
  const error = readVaultError(record);
  const given = record?.['skyflow_id'];
  const id = typeof given === 'string' && given !== '' ? given : undefined;
  if (record === undefined) return UNCLEAR;
  const token = readToken(asObject(record['tokens']), column);
  if ((id === undefined) === (error === undefined)) return { kind: 'unclear', token };
  if (id === undefined) return { kind: 'refused', message: error ?? '', status };
  return { kind: 'inserted', token, status, id };
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
 * Holds the entries of an answer against the tokens that were sent. Tokens are matched, and no places: a record is
 * uploaded when its token came back with an id, wherever in the answer, once for each record that bears it.
 *
 * Of the others the place says something only while the answer keeps to the order of the request, as it should: then
 * a refusal is that of the record at its place. When it does not, or has more or fewer entries, they are all doubtful;
 * and mismatched, should the answer hold an entry with a token that nobody sent: one of them may stand under it. An
 * answer that gives back none of the tokens and one of another request is the answer to that one: all is doubtful.
 */
export function judgeEntries(entries: readonly EntryReading[], options: JudgeOptions): Judgement {
  const judgement = judgeByToken(entries, options);
  if (options.wantsIds !== true || judgement.isForeign === true) return judgement;
  return { ...judgement, ids: idsOf(entries, options.records.tokens, judgement) };
}

/** Ids belong to records as tokens do; a record that was taken under another token has that of its place. */
function idsOf(
  entries: readonly EntryReading[],
  tokens: readonly string[],
  { doubtful, mismatched }: Judgement,
): Map<number, string> {
  const byToken = new Map<string, string[]>();
  for (const entry of entries) {
    if (entry.kind !== 'inserted' || entry.token === undefined) continue;
    const known = byToken.get(entry.token);
    if (known === undefined) byToken.set(entry.token, [entry.id]);
    else known.push(entry.id);
  }
  const ids = new Map<number, string>();
  const open = new Set(doubtful);
  for (const [index, token] of tokens.entries()) {
    const id = open.has(index) ? undefined : byToken.get(token)?.shift();
    if (id !== undefined) ids.set(index, id);
  }
  for (const index of mismatched) {
    const entry = entries[index];
    const isAnothers =
      entry?.kind === 'inserted' && entry.token !== undefined && tokens.includes(entry.token);
    if (entry?.kind === 'inserted' && !isAnothers) ids.set(index, entry.id);
  }
  return ids;
}

function judgeByToken(
  entries: readonly EntryReading[],
  { records: { tokens }, isOfAnother }: JudgeOptions,
): Judgement {
  const unmatched = matchTokens(entries, tokens);
  if (unmatched.indexes.length === 0) return { failures: [], doubtful: [], mismatched: [] };
  const all = { failures: [], doubtful: unmatched.indexes, mismatched: [] };
  const noneCameBack = unmatched.indexes.length === tokens.length;
  if (noneCameBack && isOfAnother !== undefined && isForeign(entries, isOfAnother)) {
    return { ...all, isForeign: true };
  }
  if (!unmatched.inOrder)
    return unmatched.foreignTokens ? { ...all, doubtful: [], mismatched: unmatched.indexes } : all;
  const failures: RecordFailure[] = [];
  const doubtful: number[] = [];
  const mismatched: number[] = [];
  for (const index of unmatched.indexes) {
    const entry = entries[index] ?? UNCLEAR;
    switch (entry.kind) {
      case 'inserted':
        mismatched.push(index);
        break;
      case 'refused':
        failures.push({ index, reason: 'rejected', message: entry.message, status: entry.status });
        break;
      case 'unclear':
        if (entry.token === undefined || entry.token === tokens[index]) doubtful.push(index);
        else mismatched.push(index);
        break;
      default:
        entry satisfies never;
    }
  }
  return { failures, doubtful, mismatched };
}

interface Unmatched {
  /** Records whose token did not come back with an id, ascending. */
  readonly indexes: readonly number[];
  /** There are as many entries as records, and no record's token stands at the place of another. */
  readonly inOrder: boolean;
  /** An entry was taken and has a token that nobody sent, or none. */
  readonly foreignTokens: boolean;
}

function matchTokens(entries: readonly EntryReading[], tokens: readonly string[]): Unmatched {
  const sent = new Map<string, number>();
  for (const token of tokens) sent.set(token, (sent.get(token) ?? 0) + 1);
  const returned = new Map<string, number>();
  let inOrder = entries.length === tokens.length;
  let foreignTokens = false;
  for (const [index, entry] of entries.entries()) {
    if (entry.kind === 'refused') continue;
    const { token } = entry;
    if (token === undefined || !sent.has(token)) {
      foreignTokens ||= entry.kind === 'inserted' || token !== undefined;
      continue;
    }
    if (entry.kind === 'inserted') returned.set(token, (returned.get(token) ?? 0) + 1);
    if (token !== tokens[index]) inOrder = false;
  }
  const indexes: number[] = [];
  for (const [index, token] of tokens.entries()) {
    // Of rows with one token of which fewer came back nobody knows which, unless each stands at its place.
    if ((returned.get(token) ?? 0) >= (sent.get(token) ?? 0)) continue;
    const entry = entries[index];
    if (inOrder && entry?.kind === 'inserted' && entry.token === token) continue;
    indexes.push(index);
  }
  return { indexes, inOrder, foreignTokens };
}

function isForeign(entries: readonly EntryReading[], isOfAnother: (token: string) => boolean): boolean {
  return entries.some(
    (entry) => entry.kind !== 'refused' && entry.token !== undefined && isOfAnother(entry.token),
  );
}
