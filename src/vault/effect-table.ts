import { isThrottling, refusedBy, statusesRefusedBy } from './http-statuses.js';

/** What a request has done to the vault, as far as what was seen of it can be believed. */
export type Effect =
  /** The vault certainly took nothing of it. */
  | 'none'
  /** It may have been taken, as a whole or in part. */
  | 'unknown'
  /** The answer says it of each record. */
  | 'per_record';

/** What was seen of one request. */
export interface Seen {
  /** The first byte of the request was written. */
  readonly written: boolean;
  /** Absent: no answer, or one that broke off. */
  readonly answer?: SeenAnswer | undefined;
}

export interface SeenAnswer {
  readonly status: number;
  /** It stands for another request, so that it is not the answer to this one. */
  readonly foreign: boolean;
  /** The vault's own error envelope, where the answer is one. */
  readonly envelope?: VaultEnvelope | undefined;
  /** It says what became of each record, in a form that can be read. */
  readonly perRecord: boolean;
}

/** JSON with `error`, as the vault itself words it. */
export interface VaultEnvelope {
  readonly httpCode: number | undefined;
  readonly grpcCode: number | undefined;
}

interface EffectRow {
  /** What was seen, for people. */
  readonly seen: string;
  readonly effect: Effect;
  readonly because: string;
  readonly matches: (seen: Seen) => boolean;
}

/** gRPC codes that come from the way to the vault and promise nothing: cancelled, unknown, deadline, aborted, internal, unavailable, data loss. */
const UNPROMISING_GRPC: ReadonlySet<number> = new Set([1, 2, 4, 10, 13, 14, 15]);

/** `400, 401 or 403`. */
function listed(numbers: readonly number[], joint: 'and' | 'or' = 'or'): string {
  return numbers.join(', ').replace(/, (\d+)$/, ` ${joint} $1`);
}

const unbelieved = statusesRefusedBy(undefined);

const answered = ({ answer }: Seen, is: (answer: SeenAnswer) => boolean): boolean =>
  answer !== undefined && is(answer);

/** The first row that matches decides; the last one matches everything. Nothing else decides what is sent again. */
export const EFFECT_TABLE: readonly EffectRow[] = [
  {
    seen: 'connection refused, no connection, no credential: the first byte of the request was never written',
    effect: 'none',
    because: 'nothing was sent',
    matches: ({ written }) => !written,
  },
  {
    seen: 'no answer: connection lost, time limit, an answer that breaks off, is too long or is no HTTP',
    effect: 'unknown',
    because: 'the vault may have taken it before',
    matches: ({ answer }) => answer === undefined,
  },
  {
    seen: 'any status, with results record by record',
    effect: 'per_record',
    because:
      'each record has its own verdict, by its token; in an answer as in the next row only the tokens count',
    matches: (seen) => answered(seen, ({ perRecord }) => perRecord),
  },
  {
    seen: 'an answer that bears the request id of another answer',
    effect: 'unknown',
    because: 'it answers something else',
    matches: (seen) => answered(seen, ({ foreign }) => foreign),
  },
  {
    seen: `an error envelope with gRPC code ${listed([...UNPROMISING_GRPC])}, whatever its status`,
    effect: 'unknown',
    because: 'such codes come from the way to the vault and promise nothing',
    matches: (seen) =>
      answered(seen, ({ envelope }) => envelope?.grpcCode !== undefined && isUnpromising(envelope.grpcCode)),
  },
  {
    seen: 'an error envelope whose `http_code` is another than the status',
    effect: 'unknown',
    because: 'the answer contradicts itself',
    matches: (seen) =>
      answered(
        seen,
        ({ status, envelope }) => envelope?.httpCode !== undefined && envelope.httpCode !== status,
      ),
  },
  {
    seen: `${listed(statusesRefusedBy('anyone'))}, of the vault or of whoever stands in front of it`,
    effect: 'none',
    because: 'the request was turned away as a whole',
    matches: (seen) => answered(seen, ({ status }) => refusedBy(status) === 'anyone'),
  },
  {
    seen: `${listed(statusesRefusedBy('vault'))} in the error envelope of the vault (\`http_code\` is the status)`,
    effect: 'none',
    because: 'the vault itself says so',
    matches: (seen) =>
      answered(
        seen,
        ({ status, envelope }) => refusedBy(status) !== undefined && envelope?.httpCode === status,
      ),
  },
  {
    seen: `everything else: ${unbelieved.filter((status) => status < 500).join(', ')}, any redirect, any 5xx (${listed(unbelieved.filter(isThrottling), 'and')} too), a 4xx or 2xx that cannot be read`,
    effect: 'unknown',
    because: 'gateways answer so for requests that they have passed on',
    matches: () => true,
  },
];

/** What a request has done to the vault: invariant 2a. Pure. */
export function effectOf(seen: Seen): Effect {
  return EFFECT_TABLE.find(({ matches }) => matches(seen))?.effect ?? 'unknown';
}

/** Whether a gRPC code comes from the way to the vault, so that it says nothing of the request itself. */
export function isUnpromising(grpcCode: number): boolean {
  return UNPROMISING_GRPC.has(grpcCode);
}
