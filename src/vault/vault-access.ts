import type { Credential } from './credential/credential.js';
import type { ConnectionSettings } from './dispatcher.js';
import type { WireSettings } from './vault-routes.js';
import type { WireName } from './wires.js';

/** A table and column of a vault, how it is reached, and as whom. */
export interface VaultAccess extends ConnectionSettings {
  readonly vaultUrl: string;
  readonly vaultId: string;
  readonly table: string;
  readonly column: string;
  /** The wire that is spoken, where a request is not told another one. */
  readonly wire: WireName;
  readonly wireSettings?: WireSettings | undefined;
  /** For one request as a whole, the wait for a connection included. */
  readonly requestTimeoutMs: number;
  readonly credential: Credential;
}
