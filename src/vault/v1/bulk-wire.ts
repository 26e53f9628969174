import { asArray, asObject, parseJson, quote } from '../json.js';
import { isJudgement, judgeEntries, readRecord } from '../judge-answer.js';
import { scanAnswer } from '../scan-answer.js';
import { createByteScanner } from '../scan-bytes.js';
import { NOTHING_WRONG, type JudgeOptions, type Judgement, type Wire, type WireOptions } from '../wire.js';

/**
 * All records of one table in one request: `POST /v1/vaults/{vaultID}/{table}`. `continueOnError` is never
 * sent here: the endpoint does not know it, and a partial insert followed by a division would double records.
 */
export function createBulkWire(options: WireOptions): Wire {
  const column = quote(options.column);
  const upsert = options.upsert ? `,"upsert":${column}` : '';
  const scanner = options.recordIds === true ? undefined : createByteScanner(column);

  return {
    path: `${options.basePath}/v1/vaults/${encodeURIComponent(options.vaultId)}/${encodeURIComponent(options.table)}`,
    frame: {
      head: '{"records":[',
      opening: `{"fields":{${column}:"`,
      middle: `"},"tokens":{${column}:"`,
      closing: '"}}',
      trailer: `],"tokenization":true${upsert},"byot":${quote(options.byot)}}`,
    },
    takesAll: scanner,
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
