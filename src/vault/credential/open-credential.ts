import { StaticCredential, type Credential, type SecretAnew } from './credential.js';
import type { ConnectionSettings } from '../dispatcher.js';
import { ServiceAccountCredential } from './service-account-credential.js';
import type { TokenWishes } from './token-wishes.js';
import { TokenFileCredential } from './token-file-credential.js';

/** Where a credential comes from; secrets are in it. */
export type CredentialOrigin =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'token_file'; readonly file: string }
  | {
      readonly kind: 'service_account_file';
      readonly file: string;
      readonly wishes?: TokenWishes | undefined;
    }
  | { readonly kind: 'service_account'; readonly json: string; readonly wishes?: TokenWishes | undefined };

/** The credential of an origin. Reads and asks for nothing yet; throws `config` for a token that cannot be one. */
export function openCredential(
  from: CredentialOrigin,
  connection: ConnectionSettings,
  { requestTimeoutMs, anew }: { readonly requestTimeoutMs: number; readonly anew?: SecretAnew | undefined },
): Credential {
  switch (from.kind) {
    case 'token':
      return new StaticCredential(from.token, anew);
    case 'token_file':
      return new TokenFileCredential(from.file);
    case 'service_account_file':
      return new ServiceAccountCredential({
        origin: { file: from.file },
        wishes: from.wishes,
        connection,
        requestTimeoutMs,
      });
    case 'service_account':
      return new ServiceAccountCredential({
        origin: { json: from.json },
        wishes: from.wishes,
        connection,
        requestTimeoutMs,
        anew,
      });
    default:
      return from satisfies never;
  }
}
