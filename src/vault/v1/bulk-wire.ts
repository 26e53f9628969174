import { quote } from '../json-text.js';
import { asArray, asObject, parseJson } from '../json-object.js';
import { isJudgement, judgeEntries, readRecord } from '../judge-answer.js';
import { scanAnswer } from '../scan-answer.js';
import type { JudgeOptions, Judgement, Wire, WireOptions } from '../wire.js';

const NOTHING_WRONG: Judgement = { failures: [], doubtful: [], mismatched: [] };

/**
 * All records of one table in one request: `POST /v1/vaults/{vaultID}/{table}`. `continueOnError` is never
 * sent here: the endpoint does not know it, and a partial insert followed by a division would double records.
 */
export function createBulkWire(options: WireOptions): Wire {
  const column = quote(options.column);
  const opening = `{"fields":{${column}:"`;
  const middle = `"},"tokens":{${column}:"`;
  const following = `"}},${opening}`;
  const upsert = options.upsert ? `,"upsert":${column}` : '';
  const trailer = `"}}],"tokenization":true${upsert},"byot":${quote(options.byot)}}`;

  return {
    path: `${options.basePath}/v1/vaults/${encodeURIComponent(options.vaultId)}/${encodeURIComponent(options.table)}`,
    payload: ({ values, tokens }) => {
      let text = '{"records":[';
      for (let index = 0; index < values.length; index += 1) {
        text += `${index === 0 ? opening : following}${values[index] ?? ''}${middle}${tokens[index] ?? ''}`;
      }
      return text + trailer;
    },
    judge: (answer: string, judging: JudgeOptions): Judgement | undefined => {
      const wantsIds = options.recordIds === true;
      if (!wantsIds && judging.plainTokens && scanAnswer(answer, judging.records.tokens, column))
        return NOTHING_WRONG;
      const entries = asArray(asObject(parseJson(answer))?.['records']);
      if (!isJudgement(entries, judging.status)) return undefined;
      return judgeEntries(
        entries.map((entry) => readRecord(entry, options.column, judging.status)),
        { ...judging, wantsIds },
      );
    },
  };
}
