import type { KeySource } from './read-key-file.js';
import { SuperviseError } from '../errors/supervise-error.js';
import { clearRecords, loggedEntry, withholding, type LoggedEntry } from '../error-log/error-log-entry.js';
import type { RawLogEntry } from '../error-log/read-error-log.js';
import { damaged } from '../journal/storage-error.js';
import { openDataKey } from './data-key.js';
import { readIdentities, type Identities } from './identity-file.js';
import { RedactionKey } from './redaction-key.js';
import { unseal, type Pair } from './sealed-records.js';

/** What records that are not in clear are opened with; absent: what a person did not give. */
export interface OpenerKeys {
  /** `--identity`. */
  readonly identityFile?: KeySource | undefined;
  /** `--redact-key`. */
  readonly redactKeyFile?: KeySource | undefined;
}

/** The records at positions of a run's source, as that run sent them; those that are not there are left out. */
export type RowLookup = (run: string, positions: ReadonlySet<number>) => Promise<ReadonlyMap<number, Pair>>;

/** Keys of other processes that are kept at hand: what a file may claim must not fill the memory. */
const maxKeys = 1_000;
/** Records that are looked up together: one pass over their source, and the memory of so many. */
const maxLookedUp = 50_000;

/** Gives the entries of error logs with their values and tokens, however those are kept out of the logs' text. */
export class RecordOpener {
  readonly #identities: Identities | undefined;
  readonly #redactionKey: RedactionKey | undefined;
  readonly #lookUp: RowLookup;
  readonly #keys = new Map<string, Buffer>();

  private constructor(
    identities: Identities | undefined,
    redactionKey: RedactionKey | undefined,
    lookUp: RowLookup,
  ) {
    this.#identities = identities;
    this.#redactionKey = redactionKey;
    this.#lookUp = lookUp;
  }

  /** Reads the key files. Throws `config` when one cannot be used. */
  static async create({ identityFile, redactKeyFile }: OpenerKeys, lookUp: RowLookup): Promise<RecordOpener> {
    return new RecordOpener(
      identityFile === undefined ? undefined : await readIdentities(identityFile),
      redactKeyFile === undefined ? undefined : await RedactionKey.read(redactKeyFile),
      lookUp,
    );
  }

  /**
   * The entries of `file` in their order. Throws `config` without the right key, `storage` for what was changed,
   * `input_changed` when a source no longer holds the record that failed.
   */
  async *open(file: string, entries: AsyncIterable<RawLogEntry>): AsyncGenerator<LoggedEntry> {
    // From the first redacted entry on they are held back, until there are enough for a pass over the source.
    let held: RawLogEntry[] = [];
    let records = 0;
    for await (const entry of entries) {
      if (held.length === 0 && withholding(entry.raw) !== 'redacted') {
        yield await this.#openOne(file, entry, new Map());
        continue;
      }
      held.push(entry);
      records += entry.raw.records.length;
      if (records < maxLookedUp) continue;
      yield* this.#openHeld(file, held);
      held = [];
      records = 0;
    }
    yield* this.#openHeld(file, held);
  }

  async *#openHeld(file: string, held: readonly RawLogEntry[]): AsyncGenerator<LoggedEntry> {
    const wanted = new Map<string, Set<number>>();
    for (const { raw } of held) {
      if (withholding(raw) !== 'redacted') continue;
      const positions = wanted.get(raw.run ?? '') ?? new Set();
      wanted.set(raw.run ?? '', positions);
      for (const { Position } of raw.records) if (Position !== undefined) positions.add(Position);
    }
    const found = new Map<string, ReadonlyMap<number, Pair>>();
    for (const [run, positions] of wanted) found.set(run, await this.#lookUp(run, positions));
    for (const entry of held) yield await this.#openOne(file, entry, found);
  }

  async #openOne(
    file: string,
    entry: RawLogEntry,
    found: ReadonlyMap<string, ReadonlyMap<number, Pair>>,
  ): Promise<LoggedEntry> {
    return loggedEntry(entry.raw, entry.vault, await this.#pairsOf(file, entry, found));
  }

  async #pairsOf(
    file: string,
    entry: RawLogEntry,
    found: ReadonlyMap<string, ReadonlyMap<number, Pair>>,
  ): Promise<readonly Pair[]> {
    const { raw } = entry;
    const how = withholding(raw);
    switch (how) {
      case undefined:
        return clearRecords(raw);
      case 'encrypted':
        return this.#unseal(file, entry);
      case 'redacted':
        return this.#recognise(file, entry, found.get(raw.run ?? ''));
      default:
        return how satisfies never;
    }
  }

  #recognise(
    file: string,
    { raw, vault }: RawLogEntry,
    rows: ReadonlyMap<number, Pair> | undefined,
  ): readonly Pair[] {
    const { run = '', redacted } = raw;
    const key = redacted?.key_id === undefined ? undefined : this.#keyOf(file, redacted.key_id);
    return raw.records.map(({ Position, Hmac }) => {
      const isHmacMissing = key !== undefined && Hmac === undefined;
      if (Position === undefined || isHmacMissing) {
        const what = `a redacted record of batch ${raw.batch_number} has no ${isHmacMissing ? 'HMAC' : 'position'}`;
        throw damaged(file, what, 'Restore it from a copy.');
      }
      const pair = rows?.get(Position);
      const place = { run, vaultId: vault.id, table: vault.table, position: Position };
      const isRight =
        pair !== undefined &&
        (key === undefined || Hmac === undefined || key.matches(Hmac, place, pair.value, pair.token));
      if (isRight) return pair;
      throw new SuperviseError(
        'input_changed',
        `row ${Position} of the source of run ${run} is not the record that ${file} says failed`,
        { hint: 'Put the files that the run read back, and the error log that it wrote.' },
      );
    });
  }

  #keyOf(file: string, id: string): RedactionKey {
    if (this.#redactionKey?.id === id) return this.#redactionKey;
    throw new SuperviseError(
      'config',
      this.#redactionKey === undefined
        ? `the records of ${file} are redacted under a key, and no key is given`
        : `the records of ${file} are redacted under another key than that in ${this.#redactionKey.file}`,
      {
        hint: 'Name the file with the key that the load had: --redact-key FILE (error_log.redact_key_file).',
      },
    );
  }

  async #unseal(file: string, { raw, vault }: RawLogEntry): Promise<readonly Pair[]> {
    const { encrypted } = raw;
    if (encrypted === undefined) return [];
    const key = await this.#dataKey(file, encrypted.key);
    const content = key && unseal(encrypted, key, raw, vault);
    if (content !== undefined) return content.pairs;
    throw damaged(
      file,
      `the encrypted records of batch ${raw.batch_number} of run ${raw.run ?? 'unknown'} are not what was written, ` +
        'or what stands beside them (reason, positions, vault, …) was changed',
      'Restore it from a copy.',
    );
  }

  async #dataKey(file: string, wrapped: string): Promise<Buffer | undefined> {
    const known = this.#keys.get(wrapped);
    if (known !== undefined) return known;
    if (this.#identities === undefined) {
      throw new SuperviseError('config', `the records of ${file} are encrypted, and no identity is given`, {
        hint: 'Name the file with the private key: --identity KEYFILE (error_log.identity_file).',
      });
    }
    const key = await openDataKey(wrapped, this.#identities.keys);
    if (key === 'foreign') {
      throw new SuperviseError(
        'config',
        `the identity file ${this.#identities.file} does not open ${file}: its records are encrypted to another recipient`,
        { hint: 'error_log.encrypt_to in the settings of its run (report RUN) is the recipient it is for.' },
      );
    }
    if (key === undefined) return undefined;
    if (this.#keys.size >= maxKeys) this.#keys.clear();
    this.#keys.set(wrapped, key);
    return key;
  }
}
