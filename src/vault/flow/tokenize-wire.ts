import { asArray, asObject, parseJson } from '../json-object.js';
import { quote } from '../json-text.js';
import { isJudgement, judgeEntries, readVaultError, UNCLEAR, type EntryReading } from '../judge-answer.js';
import type { JudgeOptions, Judgement, Wire, WireOptions } from '../wire.js';
import { refusesRecord } from '../http-statuses.js';
import { readStatus } from './entry-status.js';

/**
 * The other way for tokens that are brought along: `POST /v2/tokens/tokenize`, where each value names its token and its token
 * group. The vault holds the pair then, and no record: there is no table, no column and no id.
 */
export function createTokenizeWire(
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
        entries.map((entry) => readEntry(entry, tokenGroup, judging.status)),
        { ...judging, wantsIds: false },
      );
    },
  };
}

/** One entry of `response`: the value, and its token in the group, with an error of its own or none. */
function readEntry(entry: unknown, tokenGroup: string, status: number): EntryReading {
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
