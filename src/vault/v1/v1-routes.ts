import { asObject } from '../json.js';
import {
  impossibleToken,
  isAccepted,
  plainVerdict,
  type AskVault,
  type ProbeAnswer,
  type TableVerdict,
} from '../table-verdict.js';
import type { TablePlace, VaultRoutes } from '../vault-routes.js';

/** The `/v1` of a vault: vault and table stand in the path. */
export function v1Routes(place: TablePlace): VaultRoutes {
  const { table, column } = place;
  const vault = `${place.basePath}/v1/vaults/${encodeURIComponent(place.vaultId)}`;
  const records = `${vault}/${encodeURIComponent(table)}`;
  return {
    lookup: (tokens, kind) => {
      const redaction = kind === 'existence' ? 'REDACTED' : 'PLAIN_TEXT';
      const detokenizationParameters = tokens.map((token) => ({ token, redaction }));
      return { path: `${vault}/detokenize`, body: { detokenizationParameters, continueOnError: true } };
    },
    count: () => ({ path: `${vault}/query`, body: { query: `SELECT COUNT(*) FROM ${table}` } }),
    page: (offset, limit) => ({ path: `${records}?offset=${offset}&limit=${limit}`, method: 'GET' }),
    insert: ({ values, tokens }, byot) => ({
      path: records,
      body: {
        records: values.map((value, at) => ({
          fields: { [column]: value },
          tokens: { [column]: tokens[at] ?? '' },
        })),
        ...{ tokenization: true, byot },
      },
    }),
    remove: (ids) => ({
      path: records,
      method: 'DELETE',
      body: { skyflow_ids: ids === 'all' ? ['*'] : ids },
    }),
    isRemoved: () => true,
    idOf: (record) => {
      const { fields, skyflow_id: id } = asObject(record) ?? {};
      return asObject(fields)?.['skyflow_id'] ?? id;
    },
    recordOf: (_, value) => {
      const asked = { column_name: column, column_values: value, redaction: 'REDACTED' };
      return { path: `${records}?${new URLSearchParams(asked).toString()}`, method: 'GET' };
    },
    // A value with a quote in it is never asked for: it would end the text of the query.
    recordsOf: (value) => {
      const query = `SELECT skyflow_id FROM ${table} WHERE ${column} = '${value.replaceAll("'", "''")}'`;
      return { path: `${vault}/query`, body: { query } };
    },
    judgeTable: (ask) => judgeTable(ask, place),
  };
}

/**
 * One record of the table with its column redacted, so that no value leaves the vault; a count where that is refused,
 * since an empty table answers 404 like an unknown one.
 */
async function judgeTable(ask: AskVault, place: TablePlace): Promise<TableVerdict> {
  const { basePath, vaultId, table, column } = place;
  const vault = `${basePath}/v1/vaults/${encodeURIComponent(vaultId)}`;
  const page = new URLSearchParams({ offset: '0', limit: '1', redaction: 'REDACTED', fields: column });
  const read = await ask({ path: `${vault}/${encodeURIComponent(table)}?${page.toString()}`, method: 'GET' });
  const first = plainVerdict(read);
  if (first !== undefined) return first;
  const query = (sql: string): Promise<ProbeAnswer> => ask({ path: `${vault}/query`, body: { query: sql } });
  const counted = await query(`SELECT COUNT(${sqlName(column)}) FROM ${sqlName(table)}`);
  if (isAccepted(counted)) return { kind: 'there' };
  if (counted.status === 400 || counted.status === 404) {
    if (isAccepted(await query(`SELECT COUNT(*) FROM ${sqlName(table)}`)))
      return { kind: 'no_column', answer: counted };
  }
  if (read.status === 403) return { kind: 'not_readable', answer: read };
  const newer = { vaultID: vaultId, tokens: [impossibleToken()] };
  if (isUnderstood(await ask({ path: `${basePath}/v2/tokens/detokenize`, body: newer })))
    return { kind: 'other_wire', answer: read };
  if (counted.status === 403) return { kind: 'not_readable', answer: counted };
  return { kind: 'unknown', answer: read };
}

/** Whether a detokenize was understood: answered, or refused for its token rather than for its path or vault. */
function isUnderstood(answer: ProbeAnswer): boolean {
  if (isAccepted(answer)) return true;
  return (
    (answer.status === 400 || answer.status === 404) && /\btokens?\b/i.test(answer.said?.forJudging() ?? '')
  );
}

/** A name as SQL: quoted only where it must be. */
const sqlName = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : `"${name}"`);
