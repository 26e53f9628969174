import type { Settlement } from '../../src/journal/ledger-contract.js';
import type { PositionRange } from '../../src/record/batch.js';
import type { LookupAnswer } from '../../src/vault/vault-client.js';
import type { WireName } from '../../src/vault/wires.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import type { Doubt } from '../doubt/doubt.js';
import type { AttemptResult } from './attempt-insert.js';
import type { BatchSizeLimit } from './batch-size-limit.js';
import type { RefusalGuard } from './refusal-guard.js';
import type { TokenProof } from './token-proof.js';
import type { WireChoice } from './wire-choice.js';
import type { VaultHealth } from '../vault/vault-health.js';

/** The ledger, as far as delivering goes. */
interface DeliveryLedger {
  settle(settlement: Settlement): Promise<void>;
  release(range: PositionRange): void | Promise<void>;
  noteDoubt(kind: 'foreign', ranges: Iterable<PositionRange>): Promise<void>;
}

export interface DelivererOptions {
  readonly vaultName: string;
  readonly column: string;
  readonly attempt: (records: RecordColumns, wire?: WireName) => Promise<AttemptResult>;
  readonly ledger: DeliveryLedger;
  readonly sizeLimit: BatchSizeLimit;
  readonly refusals: RefusalGuard;
  readonly health: VaultHealth;
  /** Waits for another credential; true when there is one. */
  readonly reauthorise: (message: string) => Promise<boolean>;
  /** Sending again is harmless even when the last request may have had its effect (upsert). */
  readonly repeatable: boolean;
  /** Takes rows whose effect is unknown; they are settled by looking, later. */
  readonly park: (range: PositionRange, why: Doubt) => void;
  /** Asks the vault now. Rejects when it is out, or stops. */
  readonly ask: (records: RecordColumns) => Promise<LookupAnswer>;
  /** Whether the vault answers a small request at present. */
  readonly isAnswered: (records: RecordColumns) => Promise<boolean>;
  /** Where the ids of records are kept. */
  readonly keepIds?: ((ids: ReadonlyMap<number, string>) => Promise<void>) | undefined;
  readonly proof: TokenProof;
  readonly wires: WireChoice;
  /** Refused records are being found. */
  readonly onDivided: (how: 'record by record' | 'halves') => void;
  readonly onSettled: (settlement: Settlement, how: 'immediate' | 'retried') => void;
}
