import { setTimeout as delay } from 'node:timers/promises';
import type { VaultJob } from '../../src/protocol/messages.js';
import { authorisedPost } from '../../src/vault/authorised-post.js';
import type { Credential } from '../../src/vault/credential/credential.js';
import { createDispatcher } from '../../src/vault/dispatcher.js';
import { createRecordEncoder } from '../../src/vault/encode-records.js';
import { readErrorEnvelope } from '../../src/vault/error-envelope.js';
import { readLookupAnswer } from '../../src/vault/lookup.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import type { VaultRequest, VaultRoutes, WireSettings } from '../../src/vault/vault-routes.js';
import { basePathOf, type TokenForm, type Wire } from '../../src/vault/wire.js';
import { wires } from '../../src/vault/wires.js';
import { recordsSettings } from '../vault/connect-vault.js';

/** An answer as it came. It is of test records alone, so that its text may be looked at. */
export interface RawAnswer {
  /** Undefined: there was none. */
  readonly status: number | undefined;
  readonly text: string;
  /** What the vault's words mean. */
  readonly message: string;
  /** `own`: the vault's envelope with the status in it; `other`: another form of refusal; undefined: no refusal. */
  readonly form: 'own' | 'other' | undefined;
  readonly ms: number;
}

export interface SendOptions {
  readonly upsert?: boolean;
  readonly table?: string;
  readonly wireSettings?: WireSettings | undefined;
  /** Cuts the connection so long after the first byte was written. */
  readonly cutAfterMs?: number;
}

type Pool = Awaited<ReturnType<typeof createDispatcher>>;

/** So many test records at most. */
const mostRecords = 1_000;
/** Tokens of one look-up. */
const lookedUpAtOnce = 100;

/**
 * A vault as its experiments see it: answers as they come, and of what was inserted every id that an answer gave, told
 * before the next request. Rejects with the reason of an aborted signal alone.
 */
export class TestVault {
  readonly rateHeaders = new Set<string>();
  readonly forms = new Set<string>();
  /** Records whose answer was lost, by their tokens. */
  readonly unaccounted = new Map<string, string>();
  readonly #job: VaultJob;
  readonly #credential: Credential;
  readonly #signal: AbortSignal;
  readonly #onIds: (ids: readonly string[]) => void;
  readonly #onMade: ((count: number) => void) | undefined;
  #dispatcher: Pool | undefined;
  #made = 0;

  constructor(options: {
    readonly job: VaultJob;
    readonly credential: Credential;
    readonly signal: AbortSignal;
    readonly onIds: (ids: readonly string[]) => void;
    /** Told how many records there are, before more of them are sent. */
    readonly onMade?: (count: number) => void;
  }) {
    this.#job = options.job;
    this.#credential = options.credential;
    this.#signal = options.signal;
    this.#onIds = options.onIds;
    this.#onMade = options.onMade;
  }

  /** The forms in which tokens can be brought along. */
  tokenForms(): readonly TokenForm[] {
    const { wire, wireSettings } = this.#job.connection;
    const forms = wires[wire].tokenForms?.(wireSettings);
    return forms ?? [{ name: `the ${wire} wire`, wireSettings, setting: null }];
  }

  /** Test records that nobody has sent before; fewer when there are no more of them. */
  pairs(count: number): RecordColumns {
    const numbers = Array.from(
      { length: Math.min(count, mostRecords - this.#made) },
      (_, at) => this.#made + at,
    );
    this.#made += numbers.length;
    this.#onMade?.(this.#made);
    return testRecords(this.#job.runId, numbers);
  }

  /** Takes over what a run before this one has made: nobody knows what became of it. */
  adopt(runId: string, made: number): void {
    this.#lost(
      testRecords(
        runId,
        Array.from({ length: Math.min(made, mostRecords) }, (_, at) => at),
      ),
    );
  }

  /** Inserts in one request; ids in the answer are told, and records without an answer remembered. */
  async send(records: RecordColumns, options: SendOptions = {}): Promise<RawAnswer> {
    const wire = this.#wire(options);
    const { body } = createRecordEncoder(wire)(records);
    const answer = await this.#ask(wire.path, body, options.cutAfterMs);
    const isTaken = answer.status !== undefined && answer.status < 300;
    if (answer.status === undefined || answer.status >= 500) this.#lost(records);
    const ids = idsIn(answer.text);
    if (ids.length > 0) this.#onIds(ids);
    else if (isTaken) this.#lost(records);
    const forget = this.#routes(options).forget?.(records.tokens);
    if (forget !== undefined) await this.#askRoute(forget);
    return answer;
  }

  /** The tokens of these that the vault holds, with their values where it tells them; undefined: it cannot be asked. */
  async held(tokens: readonly string[]): Promise<ReadonlyMap<string, string> | undefined> {
    const { path, body } = this.#routes().lookup(tokens, 'value');
    const answered = await authorisedPost(await this.#pool(), this.#credential, {
      path,
      body: Buffer.from(JSON.stringify(body)),
      timeoutMs: this.#timeoutMs,
      signal: this.#signal,
    });
    const answer = readLookupAnswer(answered, tokens);
    if (answer.kind !== 'found') return undefined;
    return new Map(
      tokens.flatMap((token, at) => {
        const value = answer.held[at];
        return value === undefined ? [] : [[token, value]];
      }),
    );
  }

  /** Finds the ids of records whose answers were lost, where the vault gives them; what is found is told. */
  async account(): Promise<void> {
    const tokens = [...this.unaccounted.keys()];
    for (let at = 0; at < tokens.length; at += lookedUpAtOnce) {
      const asked = tokens.slice(at, at + lookedUpAtOnce);
      const held = await this.held(asked);
      if (held === undefined) continue;
      for (const token of asked) if (!held.has(token)) this.unaccounted.delete(token);
      for (const [token, value] of held) await this.#accountFor(token, value);
    }
  }

  /** What is held under a token of ours may be the value of another record of ours: an experiment changes them. */
  async #accountFor(token: string, held: string): Promise<void> {
    const value = held === '' ? (this.unaccounted.get(token) ?? '') : held;
    const routes = this.#routes();
    const found = idsIn((await this.#askRoute(routes.recordOf(token, value))).text);
    // A column that is not unique is not looked up by its values; a query is, and who has this run's values is ours.
    const ask = found.length === 1 || !value.startsWith(valuesBegin) ? undefined : routes.recordsOf?.(value);
    const ids = ask === undefined ? found : idsIn((await this.#askRoute(ask)).text);
    if (ids.length === 0 || (ask === undefined && ids.length !== 1)) return;
    this.#onIds(ids);
    this.unaccounted.delete(token);
  }

  async close(): Promise<void> {
    await this.#dispatcher?.destroy();
  }

  #lost({ values, tokens }: RecordColumns): void {
    for (const [at, token] of tokens.entries()) this.unaccounted.set(token, values[at] ?? '');
  }

  get #timeoutMs(): number {
    return this.#job.performance.request_timeout_ms;
  }

  #place({ table, wireSettings }: SendOptions) {
    const { vault, skyflow, connection } = this.#job;
    return {
      basePath: basePathOf(new URL(skyflow.vault_url)),
      ...{ vaultId: vault.id, table: table ?? vault.table, column: vault.column },
      wireSettings: wireSettings ?? connection.wireSettings,
    };
  }

  #routes(options: SendOptions = {}): VaultRoutes {
    return wires[this.#job.connection.wire].routes(this.#place(options));
  }

  #wire(options: SendOptions): Wire {
    const { skyflow, connection } = this.#job;
    const { upsert = false } = options;
    return wires[connection.wire].create({ ...this.#place(options), byot: skyflow.byot, upsert });
  }

  #askRoute({ path, body }: VaultRequest): Promise<RawAnswer> {
    return this.#ask(path, body && Buffer.from(JSON.stringify(body)));
  }

  async #ask(path: string, body: Buffer | undefined, cutAfterMs?: number): Promise<RawAnswer> {
    const cut = new AbortController();
    const sentMs = performance.now();
    const { outcome, credentials } = await authorisedPost(await this.#pool(), this.#credential, {
      ...{ path, body, timeoutMs: this.#timeoutMs },
      ...(body === undefined ? { method: 'GET' as const } : {}),
      mayRepeat: () => false,
      signal: cutAfterMs === undefined ? this.#signal : AbortSignal.any([this.#signal, cut.signal]),
      stillAllowed: () => {
        if (cutAfterMs !== undefined) void delay(cutAfterMs).then(() => cut.abort(new Cut()));
        return true;
      },
    }).catch((error: unknown) => {
      if (!(error instanceof Cut)) throw error;
      return { outcome: { kind: 'lost', message: 'cut' } as const, credentials: [] };
    });
    const ms = performance.now() - sentMs;
    if (outcome.kind !== 'answered') {
      const message = outcome.kind === 'lost' ? outcome.message : outcome.error.message;
      return { status: undefined, text: '', message, form: undefined, ms };
    }
    const { status, headers } = outcome;
    for (const name of Object.keys(headers))
      if (/^(?:retry-after|x-?ratelimit)/i.test(name)) this.rateHeaders.add(name);
    const text = outcome.body.toString();
    if (status < 300) return { status, text, message: '', form: undefined, ms };
    const scrub = (words: string): string =>
      credentials.reduce((left, one) => left.replaceAll(one, '…'), words);
    const { message, isEnvelope, httpCode } = readErrorEnvelope(text, scrub);
    const form = isEnvelope && httpCode === status ? 'own' : 'other';
    this.forms.add(`${form === 'own' ? "the vault's envelope" : 'another form'} with ${status}`);
    return { status, text, message, form, ms };
  }

  async #pool(): Promise<Pool> {
    const { vaultUrl, ...settings } = recordsSettings(this.#job);
    this.#dispatcher ??= await createDispatcher(new URL(vaultUrl), settings, 4);
    return this.#dispatcher;
  }
}

class Cut extends Error {
  override readonly name = 'Cut';
}

/** What values of test records begin with, the id of their run behind it. */
const valuesBegin = 'qualify ';

function testRecords(runId: string, numbers: readonly number[]): RecordColumns {
  return {
    values: numbers.map((number) => `${valuesBegin}${runId} ${number}`),
    tokens: numbers.map((number) => `tok_qualify_${runId}_${number}`),
  };
}

function idsIn(text: string): string[] {
  return [...text.matchAll(/"(?:skyflow_id|skyflowID)"\s*:\s*"([^"]+)"/g)].map(([, id]) => id ?? '');
}
