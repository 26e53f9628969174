import type { LoginRefusal } from './authenticate.js';
import type { Query } from './queries.js';
import { accountParameters } from './sql/account-parameters.js';
import type { ChunkRange, StoredResult } from './result-store.js';
import type { SandboxSession, SessionRegistry } from './sessions.js';

/** Every answer of the protocol, errors included, is one of these with HTTP status 200. */
export interface ProtocolReply {
  readonly data: unknown;
  readonly code: string | null;
  readonly message: string | null;
  readonly success: boolean;
}

/** Sent back by the driver with every chunk request, as the storage service demands. */
export const chunkHeaders = {
  'x-amz-server-side-encryption-customer-algorithm': 'AES256',
  'x-amz-server-side-encryption-customer-key': 'c2FuZGJveC1jaHVuay1rZXk=',
} as const;

const succeeded = (data: unknown): ProtocolReply => ({ data, code: null, message: null, success: true });

/** Done, with nothing to say. */
export const acknowledged: ProtocolReply = succeeded(null);

export function refusedReply({ code, message }: LoginRefusal, data: unknown = null): ProtocolReply {
  return { data, code, message, success: false };
}

export function loginReply(
  session: SandboxSession,
  { lifetimeMs, masterLifetimeMs }: SessionRegistry['limits'],
  keepAlive: boolean,
): ProtocolReply {
  return succeeded({
    token: session.token,
    masterToken: session.masterToken,
    validityInSeconds: lifetimeMs / 1000,
    masterValidityInSeconds: masterLifetimeMs / 1000,
    displayUserName: session.user,
    serverVersion: '9.99.0',
    firstLogin: false,
    sessionId: session.id,
    parameters: [
      ...accountParameters,
      { name: 'CLIENT_SESSION_KEEP_ALIVE', value: keepAlive },
      { name: 'CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY', value: 3600 },
      { name: 'QUERY_CONTEXT_CACHE_SIZE', value: 5 },
    ],
    sessionInfo: {
      databaseName: session.database ?? null,
      schemaName: session.schema ?? null,
      warehouseName: session.warehouse ?? null,
      roleName: session.role,
    },
  });
}

export function renewalReply(
  session: SandboxSession,
  { lifetimeMs, masterLifetimeMs }: SessionRegistry['limits'],
): ProtocolReply {
  return succeeded({
    sessionToken: session.token,
    validityInSecondsST: lifetimeMs / 1000,
    masterToken: session.masterToken,
    validityInSecondsMT: masterLifetimeMs / 1000,
    sessionId: session.id,
  });
}

/** 333333: ask again at getResultUrl; 333334: running on its own, as was asked for. */
export function inProgressReply({ id }: Query, code: '333333' | '333334'): ProtocolReply {
  return {
    data: {
      queryId: id,
      getResultUrl: `/queries/${id}/result`,
      queryAbortsAfterSecs: 300,
      progressDesc: null,
    },
    code,
    message: code === '333333' ? 'Query execution in progress.' : 'Query execution in progress. Detached.',
    success: true,
  };
}

function sqlFailureReply(queryId: string, code: string, sqlState: string, message: string): ProtocolReply {
  const data = { internalError: false, errorCode: code, age: 0, sqlState, queryId, line: -1, pos: -1 };
  return { data: { ...data, type: 'COMPILATION' }, code, message, success: false };
}

export function unknownQueryReply(queryId: string): ProtocolReply {
  return sqlFailureReply(queryId, '000709', '02000', `Statement ${queryId} not found`);
}

interface ResultContext {
  readonly session: SandboxSession;
  readonly chunks: readonly ChunkRange[];
  readonly chunkUrl: (chunk: number) => string;
}

function resultData(query: Query, result: StoredResult, { session, chunks, chunkUrl }: ResultContext) {
  return {
    parameters: accountParameters,
    rowtype: result.columns,
    rowset: result.inlineRows,
    total: result.totalRows,
    returned: result.totalRows,
    queryId: query.id,
    databaseProvider: null,
    finalDatabaseName: session.database ?? null,
    finalSchemaName: session.schema ?? null,
    finalWarehouseName: session.warehouse ?? null,
    finalRoleName: session.role,
    numberOfBinds: 0,
    arrayBindSupported: false,
    statementTypeId: result.statementTypeId,
    version: 1,
    sendResultTime: Date.now(),
    queryResultFormat: 'json',
    queryContext: { entries: [] },
    ...(result.children === undefined
      ? {}
      : {
          resultIds: result.children.map(({ queryId }) => queryId).join(','),
          resultTypes: result.children.map(({ typeId }) => typeId).join(','),
        }),
    ...(chunks.length === 0
      ? {}
      : {
          chunkHeaders,
          chunks: chunks.map(({ rowCount }, chunk) => {
            // Chunks are made when they are fetched, so that their sizes can only be estimated here.
            const uncompressedSize = Math.ceil(rowCount * (result.averageRowBytes + 1));
            const compressedSize = Math.ceil(uncompressedSize / 3);
            return { url: chunkUrl(chunk), rowCount, uncompressedSize, compressedSize };
          }),
        }),
  };
}

/** The answer about a query that is no longer running. */
export function resultReply(query: Query, context: ResultContext): ProtocolReply {
  const { state } = query;
  switch (state.kind) {
    case 'RUNNING':
      return inProgressReply(query, '333333');
    case 'FAILED_WITH_ERROR':
    case 'ABORTED': {
      const { code, sqlState, message } = state.failure;
      return sqlFailureReply(query.id, code, sqlState, message);
    }
    case 'SUCCESS':
      return state.result.expiresAtMs <= Date.now()
        ? sqlFailureReply(query.id, '000710', '02000', `Result for query ${query.id} has expired`)
        : succeeded(resultData(query, state.result, context));
    default:
      return state satisfies never;
  }
}

/** What the monitoring endpoint says; an unknown query gives an empty list. */
export function monitoringReply(query: Query | undefined): ProtocolReply {
  if (query === undefined) return succeeded({ queries: [] });
  const { state } = query;
  const failure = 'failure' in state ? state.failure : undefined;
  return succeeded({
    queries: [
      {
        id: query.id,
        status: state.kind,
        state: state.kind,
        sqlText: query.sqlText,
        errorCode: failure?.code ?? null,
        errorMessage: failure?.message ?? null,
        startTime: query.startedAtMs,
        stats: {},
      },
    ],
  });
}
