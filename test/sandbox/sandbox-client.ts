import { type Agent, type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import type { TestContext } from 'node:test';
import type { VaultSandboxOptions } from '../../src/sandbox/options.js';
import { startVaultSandbox, type VaultSandbox } from '../../src/sandbox/vault-sandbox.js';

/** An answer that came whole. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Starts a sandbox that ends with the test. */
export async function sandboxFor(t: TestContext, options: VaultSandboxOptions = {}): Promise<VaultSandbox> {
  const sandbox = await startVaultSandbox(options);
  t.after(() => sandbox.close());
  return sandbox;
}

/** One request on a connection of its own; rejects with the system's error when the answer does not come whole. */
export function send(
  origin: string,
  method: string,
  path: string,
  options: {
    readonly body?: unknown;
    readonly token?: string | null;
    readonly agent?: Agent;
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Answer> {
  const { body, token = 'any', agent, signal, headers } = options;
  const text = typeof body === 'string' || body === undefined ? (body ?? '') : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${origin}${path}`,
      {
        method,
        agent: agent ?? false,
        headers: {
          'content-length': Buffer.byteLength(text),
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(signal === undefined ? {} : { signal }),
      },
      (response) => {
        let received = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (received += chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text: received });
        });
      },
    );
    request.on('error', reject);
    request.end(text);
  });
}

/** The body of a bulk insert of `NAME0 -> TOKEN0`, `NAME1 -> TOKEN1`, … into the column `ssn`. */
export function bulk(count: number, extra: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return bulkOf(
    Array.from({ length: count }, (_, at) => [`value-${at}`, `token-${at}`] as const),
    extra,
  );
}

/** The body of a bulk insert of these pairs into the column `ssn`. */
export function bulkOf(
  pairs: readonly (readonly [value: string, token: string])[],
  extra: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const records = pairs.map(([value, token]) => ({ fields: { ssn: value }, tokens: { ssn: token } }));
  return { records, tokenization: true, byot: 'ENABLE', ...extra };
}

/** Sends a bulk insert to vault v1, table persons. */
export function insert(sandbox: VaultSandbox, body: unknown, token?: string): Promise<Answer> {
  return send(sandbox.url, 'POST', '/v1/vaults/v1/persons', {
    body,
    ...(token === undefined ? {} : { token }),
  });
}

/** What the sandbox holds, in order, as `value=token`. */
export async function held(sandbox: VaultSandbox): Promise<string[]> {
  const { text } = await send(sandbox.controlUrl, 'GET', '/sandbox/records');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { value, token } = JSON.parse(line) as { value: string; token: string };
      return `${value}=${token}`;
    });
}

export async function stats(sandbox: VaultSandbox): Promise<Record<string, unknown>> {
  return JSON.parse((await send(sandbox.controlUrl, 'GET', '/sandbox/stats')).text) as Record<
    string,
    unknown
  >;
}

/** Changes options while the sandbox runs. */
export function patch(sandbox: VaultSandbox, body: unknown): Promise<Answer> {
  return send(sandbox.controlUrl, 'PATCH', '/sandbox/faults', { body });
}

export interface InsertedRecord {
  readonly skyflow_id?: string;
  readonly tokens: Readonly<Record<string, string>> | null;
}

/** The entries of a bulk insert's answer. */
export function inserted(answer: Answer): (InsertedRecord | null)[] {
  return (JSON.parse(answer.text) as { records: (InsertedRecord | null)[] }).records;
}

/** The message of an error envelope. */
export function messageOf(answer: Answer): string {
  return (JSON.parse(answer.text) as { error: { message: string } }).error.message;
}
