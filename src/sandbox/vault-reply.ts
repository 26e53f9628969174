/** One answer of the vault, before it is known how it travels. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly contentType: 'application/json' | 'text/plain' | 'text/html' | 'application/x-ndjson';
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A request that the vault does not do; thrown anywhere below the service and answered with the envelope. */
export class VaultRefusal extends Error {
  override readonly name = 'VaultRefusal';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(status: number, message: string, headers?: Readonly<Record<string, string>>) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** That the sandbox does not do this: said plainly. */
export const notServed = (what: string): VaultRefusal => new VaultRefusal(501, `not emulated: ${what}`);

/** Name and gRPC code of the HTTP statuses that the vault uses. */
const STATUSES: Readonly<Record<number, readonly [name: string, grpcCode: number]>> = {
  400: ['Bad Request', 3],
  401: ['Unauthorized', 16],
  403: ['Forbidden', 7],
  404: ['Not Found', 5],
  405: ['Method Not Allowed', 12],
  408: ['Request Timeout', 4],
  409: ['Conflict', 6],
  413: ['Payload Too Large', 8],
  501: ['Not Implemented', 12],
  422: ['Unprocessable Entity', 3],
  425: ['Too Early', 14],
  429: ['Too Many Requests', 8],
  500: ['Internal Server Error', 13],
  502: ['Bad Gateway', 14],
  503: ['Service Unavailable', 14],
  504: ['Gateway Timeout', 4],
  529: ['Site is overloaded', 14],
};

/** A 2xx with a JSON text. */
export function jsonReply(body: string, status = 200): Reply {
  return { status, body, contentType: 'application/json' };
}

/** A refusal as the vault words it: the error envelope, or its message alone as text. */
export function refusalReply(
  refusal: VaultRefusal,
  {
    asText,
    errorFromClient,
    form = 'envelope',
  }: {
    readonly asText: boolean;
    readonly errorFromClient: boolean;
    /** Of Flow vaults: the envelope of `/v1`, a bare status, or a text as `error`. */
    readonly form?: 'envelope' | 'bare' | 'text';
  },
): Reply {
  const { status, message } = refusal;
  const headers =
    errorFromClient && status < 500 ? { ...refusal.headers, 'error-from-client': 'true' } : refusal.headers;
  if (asText) return { status, body: message, contentType: 'text/plain', headers };
  const [httpStatus, grpcCode] = STATUSES[status] ?? ['Error', 2];
  const error = { grpc_code: grpcCode, http_code: status, http_status: httpStatus, message, details: [] };
  const bodies = {
    envelope: { error },
    bare: { code: grpcCode, message, details: [] },
    text: { error: message },
  };
  return { status, body: JSON.stringify(bodies[form]), contentType: 'application/json', headers };
}

/**
 * An answer of somebody who stands in front of the vault. The plain envelope is that of the vault itself, and thrown
 * as its refusal.
 */
export function replyOfOthers({
  status,
  form,
  grpcCode,
}: {
  readonly status: number;
  readonly form: 'envelope' | 'html' | 'text' | 'empty';
  readonly grpcCode: number;
}): Reply {
  const words = STATUSES[status]?.[0] ?? 'Error';
  switch (form) {
    case 'envelope': {
      if (grpcCode === 0) throw new VaultRefusal(status, 'Internal error');
      const error = {
        grpc_code: grpcCode,
        http_code: status,
        http_status: words,
        message: words,
        details: [],
      };
      return jsonReply(JSON.stringify({ error }), status);
    }
    case 'html': {
      const body = `<html><head><title>${status} ${words}</title></head><body><h1>${status} ${words}</h1></body></html>`;
      return { status, body, contentType: 'text/html' };
    }
    case 'text':
      return {
        status,
        body: 'upstream connect error or disconnect/reset before headers',
        contentType: 'text/plain',
      };
    case 'empty':
      return { status, body: '', contentType: 'text/plain' };
    default:
      return form satisfies never;
  }
}
