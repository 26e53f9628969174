import { asArray, asObject, parseJson, quote } from '../json.js';
import { isJudgement, judgeEntries, readVaultError, UNCLEAR, type EntryReading } from '../judge-answer.js';
import type { JudgeOptions, Judgement, Wire, WireOptions } from '../wire.js';
import { refusesRecord } from '../http-statuses.js';
import { readFlowSettings } from './flow-settings.js';

/**
 * Flow vaults: `POST /v2/records/insert`. Each record stands on its own, and an answer says what became of each of them
 * whatever its HTTP status. Facts and how sure they are: docs/delivery.md.
 */
export function createFlowWire(options: WireOptions): Wire {
  const flow = readFlowSettings(options.wireSettings);
  const tokenGroup = flow.token_group;
  if (flow.flow_byot === 'tokenize' && tokenGroup !== undefined)
    return createTokenizeWire(options, tokenGroup);
  const column = quote(options.column);
  const group = tokenGroup === undefined ? '' : `,"tokenGroupName":${quote(tokenGroup)}`;
  const [beforeToken, afterToken] = flow.token_form === 'list' ? ['[{"token":"', `"${group}}]`] : ['"', '"'];
  const upsert = options.upsert
    ? `,"upsert":{"updateType":${quote(flow.flow_update_type)},"uniqueColumns":[${column}]}`
    : '';

  return {
    path: `${options.basePath}/v2/records/insert`,
    frame: {
      head: `{"vaultID":${quote(options.vaultId)},"tableName":${quote(options.table)},"records":[`,
      opening: `{"data":{${column}:"`,
      middle: `"},"tokens":{${column}:${beforeToken}`,
      closing: `${afterToken}}}`,
      trailer: `]${upsert}}`,
    },
    judge: (answer: string, judging: JudgeOptions): Judgement | undefined => {
      const whole = asObject(parseJson(answer));
      const entries = asArray(whole?.['records']) ?? asArray(whole?.['response']);
      if (!isJudgement(entries, judging.status)) return undefined;
      const sent = new Set(judging.records.tokens);
      const read = (entry: unknown): EntryReading =>
        readEntry(entry, { column: options.column, tokenGroup, sent, status: judging.status });
      return judgeEntries(entries.map(read), { ...judging, wantsIds: options.recordIds === true });
    },
  };
}

interface Reading {
  readonly column: string;
  readonly tokenGroup: string | undefined;
  readonly sent: ReadonlySet<string>;
  /** Of the answer as a whole. */
  readonly status: number;
}

/** One entry of `records`: an id and tokens, or an error with a status of its own. */
function readEntry(entry: unknown, reading: Reading): EntryReading {
  const record = asObject(entry);
  if (record === undefined) return UNCLEAR;
  const error = readVaultError(record);
  const id =
    typeof record['skyflowID'] === 'string' && record['skyflowID'] !== '' ? record['skyflowID'] : undefined;
  const token = readToken(asObject(record['tokens']), reading);
  const own = readStatus(record);
  if ((id === undefined) === (error === undefined)) return { kind: 'unclear', token };
  if (id !== undefined) {
    const isTaken = own === undefined || (own >= 200 && own < 300);
    return isTaken
      ? { kind: 'inserted', token, status: own ?? reading.status, id }
      : { kind: 'unclear', token };
  }
  const status = own ?? reading.status;
  if (refusesRecord(status)) return { kind: 'refused', message: error ?? '', status };
  return { kind: 'unclear', token };
}

/**
 * A column has a token for each of its groups. That of the configured group counts; where none is configured, the one
 * that was sent, if it is among them.
 */
function readToken(
  tokens: Readonly<Record<string, unknown>> | undefined,
  { column, tokenGroup, sent }: Reading,
): string | undefined {
  if (tokens === undefined || !Object.hasOwn(tokens, column)) return undefined;
  const cell = tokens[column];
  if (typeof cell === 'string') return cell;
  const found: string[] = [];
  for (const item of asArray(cell) ?? []) {
    const one = asObject(item);
    const token = one?.['token'];
    // Parts of a nested value have tokens of their own.
    if (typeof token !== 'string' || one?.['path'] !== undefined) continue;
    if (tokenGroup === undefined || one?.['tokenGroupName'] === tokenGroup) found.push(token);
  }
  return found.find((token) => sent.has(token)) ?? found[0];
}

/**
 * The other way for tokens that are brought along: `POST /v2/tokens/tokenize`, where each value names its token and its token
 * group. The vault holds the pair then, and no record: there is no table, no column and no id.
 */
function createTokenizeWire(
  { basePath, vaultId }: Pick<WireOptions, 'basePath' | 'vaultId'>,
  tokenGroup: string,
): Wire {
  return {
    path: `${basePath}/v2/tokens/tokenize`,
    frame: {
      head: `{"vaultID":${quote(vaultId)},"data":[`,
      opening: '{"value":"',
      middle: `","tokenGroupNames":[${quote(tokenGroup)}],"token":"`,
      closing: '"}',
      trailer: ']}',
    },
    judge: (answer: string, judging: JudgeOptions): Judgement | undefined => {
      const whole = asObject(parseJson(answer));
      const entries = asArray(whole?.['response']) ?? asArray(whole?.['records']);
      if (!isJudgement(entries, judging.status)) return undefined;
      return judgeEntries(
        entries.map((entry) => readTokenized(entry, tokenGroup, judging.status)),
        { ...judging, wantsIds: false },
      );
    },
  };
}

/** One entry of `response`: the value, and its token in the group, with an error of its own or none. */
function readTokenized(entry: unknown, tokenGroup: string, status: number): EntryReading {
  const tokens = asArray(asObject(entry)?.['tokens'])?.map(asObject);
  const item = tokens?.find((one) => one?.['tokenGroupName'] === tokenGroup) ?? tokens?.[0];
  const about = item ?? asObject(entry);
  if (about === undefined) return UNCLEAR;
  const own = readStatus(about) ?? status;
  const token = typeof about['token'] === 'string' ? about['token'] : undefined;
  const error = readVaultError(about);
  if (error !== undefined) {
    const isRefused = token === undefined && refusesRecord(own);
    return isRefused ? { kind: 'refused', message: error, status: own } : { kind: 'unclear', token };
  }
  // There is no id; that a token is there says the same.
  if (token === undefined || own < 200 || own >= 300) return { kind: 'unclear', token };
  return { kind: 'inserted', token, status: own, id: '' };
}

/** The status of one entry; older answers spell it otherwise. */
export function readStatus(record: Readonly<Record<string, unknown>>): number | undefined {
  const code = record['httpCode'] ?? record['http_code'] ?? record['statusCode'];
  return typeof code === 'number' && Number.isInteger(code) ? code : undefined;
}
