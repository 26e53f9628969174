import { asArray, asObject, parseJson, quote } from '../json.js';
import { refusesRecord } from '../http-statuses.js';
import {
  isJudgement,
  judgeEntries,
  readRecord,
  readVaultError,
  UNCLEAR,
  type EntryReading,
} from '../judge-answer.js';
import type { JudgeOptions, Judgement, Wire, WireOptions } from '../wire.js';

/** Each record on its own in one request: `POST /v1/vaults/{vaultID}` with `continueOnError`. */
export function createRecordWire(options: WireOptions): Wire {
  const column = quote(options.column);
  const upsert = options.upsert ? `,"upsert":${column}` : '';

  return {
    path: `${options.basePath}/v1/vaults/${encodeURIComponent(options.vaultId)}`,
    frame: {
      head: '{"records":[',
      opening: `{"method":"POST","tableName":${quote(options.table)},"fields":{${column}:"`,
      middle: `"},"tokens":{${column}:"`,
      closing: `"},"tokenization":true${upsert}}`,
      trailer: `],"continueOnError":true,"byot":${quote(options.byot)}}`,
    },
    judge: (answer: string, judging: JudgeOptions): Judgement | undefined => {
      const entries = asArray(asObject(parseJson(answer))?.['responses']);
      if (!isJudgement(entries, judging.status)) return undefined;
      return judgeEntries(
        entries.map((entry) => readResponse(entry, options.column)),
        { ...judging, wantsIds: options.recordIds === true },
      );
    },
  };
}

/** One entry of `responses`; `Status` may be a number or its text, the entry may be null. */
function readResponse(entry: unknown, column: string): EntryReading {
  const response = asObject(entry);
  const status = Number(response?.['Status']);
  if (response === undefined || !Number.isInteger(status)) return UNCLEAR;
  const body = asObject(response['Body']);
  if (status >= 200 && status < 300) {
    const records = asArray(body?.['records']);
    if (records?.length === 1 && readVaultError(body) === undefined) {
      return readRecord(records[0], column, status);
    }
    return records === undefined ? readRecord(body, column, status) : UNCLEAR;
  }
  if (refusesRecord(status)) {
    return { kind: 'refused', message: readVaultError(body) ?? `HTTP ${status}`, status };
  }
  return UNCLEAR;
}
