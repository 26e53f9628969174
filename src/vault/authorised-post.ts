import type { Dispatcher } from 'undici';
import { SuperviseError } from '../errors/supervise-error.js';
import type { Credential } from './credential/credential.js';
import { post, type PostOutcome, type StillAllowed } from './post.js';

/** `no_credential`: there was nothing to authorise the request with, so it was not sent. */
export type AuthorisedOutcome =
  PostOutcome | { readonly kind: 'no_credential'; readonly error: SuperviseError };

export interface AuthorisedPostOptions {
  readonly path: string;
  /** POST when absent. */
  readonly method?: 'GET' | 'POST' | 'DELETE' | undefined;
  readonly body?: Buffer | undefined;
  readonly expectedBytes?: number | undefined;
  /** Whether a 401 may be followed by a second request; absent: it always may. */
  readonly mayRepeat?: ((refused: PostOutcome & { kind: 'answered' }) => boolean) | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly stillAllowed?: StillAllowed | undefined;
}

export interface AuthorisedAnswer {
  readonly outcome: AuthorisedOutcome;
  /** The tokens that were used, to be kept out of messages. */
  readonly credentials: readonly string[];
}

/**
 * Sends one request with the credential's token. After a 401 the credential is renewed once and, unless `mayRepeat`
 * forbids it, the request sent once more if that gave another token.
 */
export async function authorisedPost(
  dispatcher: Dispatcher,
  credential: Credential,
  options: AuthorisedPostOptions,
): Promise<AuthorisedAnswer> {
  const credentials: string[] = [];
  try {
    for (;;) {
      const token = await credential.current(options.signal);
      credentials.push(token);
      // Field by field: a copy by `...` with another field takes longer than all the rest, and this is done for every request.
      const outcome = await post(dispatcher, {
        path: options.path,
        method: options.method,
        headers: requestHeaders(token),
        body: options.body,
        expectedBytes: options.expectedBytes,
        timeoutMs: options.timeoutMs,
        signal: options.signal,
        stillAllowed: options.stillAllowed,
      });
      const isRefused = outcome.kind === 'answered' && outcome.status === 401;
      const isLast = !isRefused || credentials.length > 1 || options.mayRepeat?.(outcome) === false;
      if (isLast || !(await credential.renew(token, options.signal))) return { outcome, credentials };
    }
  } catch (error) {
    if (options.signal.aborted || !(error instanceof SuperviseError)) throw error;
    return { outcome: { kind: 'no_credential', error }, credentials };
  }
}

function requestHeaders(token: string): string[] {
  return [
    'authorization',
    `Bearer ${token}`,
    'content-type',
    'application/json',
    'accept',
    'application/json',
    'accept-encoding',
    'identity',
    'user-agent',
    'skyflow-supervise',
  ];
}
