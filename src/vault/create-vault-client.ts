import { performance } from 'node:perf_hooks';
import { SuperviseError } from '../errors/supervise-error.js';
import { authorisedPost } from './authorised-post.js';
import type { Credential } from './credential.js';
import { preparePools, type ConnectionSettings } from './dispatcher.js';
import { createRecordEncoder } from './encode-records.js';
import { isRefusedByVault, readInsertAnswer } from './insert-answer.js';
import { lookupRequests, readLookupAnswer, type LookupKind } from './lookup.js';
import { RecentRequests } from './recent-requests.js';
import { readUniqueValues, uniqueValuesPayload } from './flow/unique-values.js';
import type { FlowSettings } from './flow/flow-settings.js';
import type { VaultClient } from './vault-client.js';
import type { WireName } from './wires.js';
import type { Wire } from './wire.js';
import { wires } from './wires.js';

export interface VaultClientOptions extends ConnectionSettings {
  readonly vaultUrl: string;
  readonly vaultId: string;
  readonly table: string;
  readonly column: string;
  /** What `lookup` asks for; absent: values. */
  readonly lookup?: LookupKind | undefined;
  readonly byot: 'DISABLE' | 'ENABLE' | 'ENABLE_STRICT';
  /** True: records go by `upsert` on `column`, which must be unique in the vault. */
  readonly upsert: boolean;
  /** True: answers have the ids of the records. */
  readonly recordIds?: boolean | undefined;
  /** The wire that `insert` takes when it is not told. */
  readonly wire: WireName;
  /** Of the flow wire. */
  readonly flow?: FlowSettings | undefined;
  /** Connections at most; as many as there are workers. */
  readonly connections: number;
  /** For one request as a whole, the wait for a connection included. */
  readonly requestTimeoutMs: number;
  readonly credential: Credential;
  /** For `lookup`, when reading needs another credential than inserting. */
  readonly lookupCredential?: Credential | undefined;
}

/** A client for one vault and table; see `VaultClient`. Throws a SuperviseError `config` for unusable settings. */
export async function createVaultClient(options: VaultClientOptions): Promise<VaultClient> {
  const { credential, lookupCredential = credential, requestTimeoutMs: timeoutMs } = options;
  const kind = options.lookup ?? 'value';
  if (!URL.canParse(options.vaultUrl)) {
    throw new SuperviseError('config', 'The vault URL is not a URL', { hint: 'Check skyflow.vault_url.' });
  }
  const url = new URL(options.vaultUrl);
  const basePath = url.pathname.replace(/\/+$/, '');
  const opened = new Map<WireName, { wire: Wire; encode: ReturnType<typeof createRecordEncoder> }>();
  const open = (name: WireName) => {
    const known = opened.get(name);
    if (known !== undefined) return known;
    const wire = wires[name].create({ ...options, basePath });
    const made = { wire, encode: createRecordEncoder(wire) };
    opened.set(name, made);
    return made;
  };
  const lookup = lookupRequests({ ...options, basePath });
  const openPool = await preparePools(url, options, options.connections);
  const recent = new RecentRequests();
  let dispatcher = openPool();
  // A connection on which answers have fallen out of step gives every later request the answer to another one.
  const retireConnections = (): void => {
    const former = dispatcher;
    dispatcher = openPool();
    void former.close().catch(() => undefined);
  };

  return {
    encode(records, wire = options.wire) {
      if (records.values.length === 0 || records.values.length !== records.tokens.length) {
        throw new RangeError('An insert needs records, each with a value and a token.');
      }
      return { records, wire, ...open(wire).encode(records) };
    },
    async insert({ records, wire: wireName, body, plainTokens }, { signal, stillAllowed }) {
      const { wire } = open(wireName);
      const sentAt = performance.now();
      const answered = await authorisedPost(dispatcher, credential, {
        path: wire.path,
        body,
        mayRepeat: isRefusedByVault,
        timeoutMs,
        signal,
        stillAllowed,
      });
      const apiMs = performance.now() - sentAt;
      const { answer, isForeign } = readInsertAnswer(answered, { wire, plainTokens, records, recent });
      if (isForeign) retireConnections();
      return { answer, apiMs };
    },
    async lookup(tokens, { signal, valueCharacters = 0, stillAllowed, values }) {
      if (kind === 'unique_value' && values !== undefined) {
        const answered = await authorisedPost(dispatcher, lookupCredential, {
          path: `${basePath}/v2/records/get`,
          body: Buffer.from(uniqueValuesPayload(options, values)),
          expectedBytes: valueCharacters,
          ...{ timeoutMs, signal, stillAllowed },
        });
        const read = (text: string) => readUniqueValues(text, { values, tokens }, options.column);
        return readLookupAnswer(answered, tokens, kind, read);
      }
      const body = Buffer.from(lookup.payload(tokens, kind));
      const request = {
        path: lookup.path,
        body,
        expectedBytes: valueCharacters,
        timeoutMs,
        signal,
        stillAllowed,
      };
      return readLookupAnswer(await authorisedPost(dispatcher, lookupCredential, request), tokens, kind);
    },
    close: () => dispatcher.destroy(),
  };
}
