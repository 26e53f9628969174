import { performance } from 'node:perf_hooks';
import { SuperviseError } from '../errors/supervise-error.js';
import { packedOf, recordCount } from '../record/packed-batch.js';
import { authorisedPost } from './authorised-post.js';
import type { Credential } from './credential/credential.js';
import { preparePools } from './dispatcher.js';
import { createRecordEncoder } from './encode-records.js';
import { isRefusedByVault, readInsertAnswer } from './insert-answer.js';
import { readLookupAnswer } from './lookup.js';
import { RecentRequests } from './recent-requests.js';
import type { VaultAccess } from './vault-access.js';
import type { VaultClient } from './vault-client.js';
import type { LookupKind } from './vault-routes.js';
import type { WireName } from './wires.js';
import { basePathOf, type Wire } from './wire.js';
import { wires } from './wires.js';

export interface VaultClientOptions extends VaultAccess {
  /** What `lookup` asks for; absent: values. */
  readonly lookup?: LookupKind | undefined;
  readonly byot: 'DISABLE' | 'ENABLE' | 'ENABLE_STRICT';
  /** True: records go by `upsert` on `column`, which must be unique in the vault. */
  readonly upsert: boolean;
  /** True: answers have the ids of the records. */
  readonly recordIds?: boolean | undefined;
  /** Connections at most; as many as there are workers. */
  readonly connections: number;
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
  const basePath = basePathOf(url);
  const opened = new Map<WireName, { wire: Wire; encode: ReturnType<typeof createRecordEncoder> }>();
  const open = (name: WireName) => {
    const known = opened.get(name);
    if (known !== undefined) return known;
    const wire = wires[name].create({ ...options, basePath });
    const made = { wire, encode: createRecordEncoder(wire) };
    opened.set(name, made);
    return made;
  };
  const routes = wires[options.wire].routes({ ...options, basePath });
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
      const isPacked = packedOf(records) !== undefined;
      if (recordCount(records) === 0 || (!isPacked && records.values.length !== records.tokens.length)) {
        throw new RangeError('An insert needs records, each with a value and a token.');
      }
      const { body, plainTokens, payloadMs, serializationMs } = open(wire).encode(records);
      return { records, wire, body, plainTokens, payloadMs, serializationMs };
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
      const byValue = kind === 'unique_value' && values !== undefined ? routes.byValue : undefined;
      const { path, body } =
        byValue === undefined || values === undefined ? routes.lookup(tokens, kind) : byValue.request(values);
      const answered = await authorisedPost(dispatcher, lookupCredential, {
        path,
        body: Buffer.from(JSON.stringify(body)),
        expectedBytes: valueCharacters,
        ...{ timeoutMs, signal, stillAllowed },
      });
      const read = byValue && values && ((text: string) => byValue.read(text, { values, tokens }));
      return readLookupAnswer(answered, tokens, kind, read);
    },
    close: () => dispatcher.destroy(),
  };
}
