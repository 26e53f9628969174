import * as z from 'zod';

const replySchema = z.object({
  data: z.unknown(),
  code: z.string().nullable(),
  message: z.string().nullable(),
  success: z.boolean(),
});
export type Reply = z.output<typeof replySchema>;

const resultSchema = z.object({
  queryId: z.string(),
  total: z.number(),
  rowset: z.array(z.array(z.string().nullable())),
  rowtype: z.array(z.object({ name: z.string(), type: z.string() })),
  chunkHeaders: z.record(z.string(), z.string()).optional(),
  chunks: z.array(z.object({ url: z.string(), rowCount: z.number() })).default([]),
});
export type Result = z.output<typeof resultSchema>;

export const resultOf = (reply: Reply): Result => resultSchema.parse(reply.data);

/** The protocol without the driver, for what makes the driver hang or wait. */
export class ProtocolClient {
  readonly #accessUrl: string;
  #token = '';
  #masterToken = '';

  private constructor(accessUrl: string) {
    this.#accessUrl = accessUrl;
  }

  static async login(accessUrl: string): Promise<ProtocolClient> {
    const client = new ProtocolClient(accessUrl);
    const reply = await client.post('/session/v1/login-request?databaseName=ELEVANCE&schemaName=PUBLIC', {
      data: { ACCOUNT_NAME: 'sandbox', LOGIN_NAME: 'LOADER', PASSWORD: 'sandbox-password' },
    });
    const tokens = z.object({ token: z.string(), masterToken: z.string() }).parse(reply.data);
    client.#token = tokens.token;
    client.#masterToken = tokens.masterToken;
    return client;
  }

  async post(path: string, body: unknown, token = this.#token): Promise<Reply> {
    const response = await fetch(`${this.#accessUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Snowflake Token="${token}"` },
      body: JSON.stringify(body),
    });
    return replySchema.parse(await response.json());
  }

  async get(path: string): Promise<Reply> {
    const headers = { authorization: `Snowflake Token="${this.#token}"` };
    const response = await fetch(`${this.#accessUrl}${path}`, { headers });
    return replySchema.parse(await response.json());
  }

  /** The answer to a query; asks again while it is running (333333), as the driver does. */
  async query(sqlText: string, requestId: string = crypto.randomUUID(), more: object = {}): Promise<Reply> {
    let reply = await this.post(`/queries/v1/query-request?requestId=${requestId}`, { sqlText, ...more });
    while (reply.code === '333333') {
      reply = await this.get(z.object({ getResultUrl: z.string() }).parse(reply.data).getResultUrl);
    }
    return reply;
  }

  async renew(): Promise<Reply> {
    const reply = await this.post('/session/token-request', { requestType: 'RENEW' }, this.#masterToken);
    if (reply.success) this.#token = z.object({ sessionToken: z.string() }).parse(reply.data).sessionToken;
    return reply;
  }
}

/** Fetches a chunk as the driver does. */
export function fetchChunk({ chunkHeaders, chunks }: Result, chunk: number): Promise<Response> {
  return fetch(chunks[chunk]?.url ?? '', chunkHeaders === undefined ? {} : { headers: chunkHeaders });
}

/** The rows of a chunk's body, which has no brackets around it; throws where it is no JSON. */
export async function chunkRows(response: Response): Promise<(string | null)[][]> {
  return z.array(z.array(z.string().nullable())).parse(JSON.parse(`[${await response.text()}]`));
}

/** Calls one of the sandbox's controls and gives its JSON. */
export async function control(
  controlUrl: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(`${controlUrl}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const value: unknown = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(value)}`);
  return value;
}
