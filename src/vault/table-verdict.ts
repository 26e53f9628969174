import { randomUUID } from 'node:crypto';
import { isTransient } from './http-statuses.js';
import type { OutsideText } from '../outside/outside-text.js';

/** What one question to the vault came to; `status` is absent when nobody answered. */
export interface ProbeAnswer {
  readonly status: number | undefined;
  /** What the answer means, in words of ours. */
  readonly message: string;
  /** The answer is of a form that no vault has: a web page, a redirect, a 2xx without records. */
  readonly isForeign?: boolean | undefined;
  /** The vault's own words, to be judged by, and not to be shown. */
  readonly said?: OutsideText | undefined;
  readonly requestId?: string | undefined;
  /** No connection, for a reason that lies in the settings: name, certificate, protocol, proxy. */
  readonly lasting?: boolean | undefined;
}

/** What a vault says about a table and a column, by reading alone. */
export type TableVerdict =
  | { readonly kind: 'there' }
  /** The table is there, and the vault does not know the column. */
  | { readonly kind: 'no_column'; readonly answer: ProbeAnswer }
  /** The vault or the table is not known. */
  | { readonly kind: 'unknown'; readonly answer: ProbeAnswer }
  /** Somebody else answers: a login page, a gateway, a redirect. */
  | { readonly kind: 'not_vault'; readonly answer: ProbeAnswer }
  /** It speaks `/v2`, and not the wire of this program. */
  | { readonly kind: 'other_wire'; readonly answer: ProbeAnswer }
  | { readonly kind: 'unauthorized'; readonly answer: ProbeAnswer }
  /** 403: the credential may not read, which says nothing about inserting. */
  | { readonly kind: 'not_readable'; readonly answer: ProbeAnswer }
  /** Nobody answered, or the vault is busy or failing. */
  | { readonly kind: 'unavailable'; readonly answer: ProbeAnswer };

/** Asks one question; without a method it is a POST. */
export type AskVault = (request: {
  readonly path: string;
  readonly method?: 'GET';
  readonly body?: object;
}) => Promise<ProbeAnswer>;

/** A verdict that needs no second question. */
export function plainVerdict(answer: ProbeAnswer): TableVerdict | undefined {
  if (isAccepted(answer)) return { kind: 'there' };
  const { status } = answer;
  if (answer.isForeign === true) return { kind: 'not_vault', answer };
  // 501: whoever answers has never heard of what was asked.
  if (status === undefined || (isTransient(status) && status !== 501)) return { kind: 'unavailable', answer };
  return status === 401 ? { kind: 'unauthorized', answer } : undefined;
}

/** Whether it is an answer of a vault, and no refusal. */
export function isAccepted({ status, isForeign }: ProbeAnswer): boolean {
  return status !== undefined && status >= 200 && status < 300 && isForeign !== true;
}

/** A token that no record has. */
export function impossibleToken(): string {
  return `skyflow-supervise-check-${randomUUID()}`;
}
