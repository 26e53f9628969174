import { SuperviseError } from '../src/errors/supervise-error.js';
import type { Settlement } from '../src/journal/ledger-contract.js';
import type { Batch, PositionRange } from '../src/record/batch.js';
import type { InsertAnswer, RecordColumns, WireName } from '../src/vault/vault-client.js';
import type { AttemptResult } from './attempt-insert.js';
import type { BatchSizeLimit } from './batch-size-limit.js';
import { Part, type FailureFacts } from './part.js';
import type { RefusalGuard } from './refusal-guard.js';
import type { VaultHealth } from './vault-health.js';

/** The ledger, as far as delivering goes. */
export interface DeliveryLedger {
  settle(settlement: Settlement): Promise<void>;
  release(range: PositionRange): void | Promise<void>;
}

export interface DelivererOptions {
  readonly vaultName: string;
  readonly attempt: (records: RecordColumns, wire?: WireName) => Promise<AttemptResult>;
  readonly ledger: DeliveryLedger;
  readonly sizeLimit: BatchSizeLimit;
  readonly refusals: RefusalGuard;
  readonly health: VaultHealth;
  /** Sending again is harmless even when the last request may have had its effect (upsert). */
  readonly repeatable: boolean;
  /** Takes rows whose effect is unknown; they are settled by looking, later. */
  readonly park: (range: PositionRange) => void;
  readonly onSettled: (settlement: Settlement, how: 'immediate' | 'retried') => void;
}

/** A division that found this many culprits hands what is left of the batch to the record wire. */
const culpritsBeforeRecordWire = 8;

/** What the parts of one batch know of each other. */
interface Division {
  /** Records refused on their own. */
  culprits: number;
  retried: boolean;
  accepted: boolean;
  /** Parts that consist of refused records only, held until it is clear that something else is accepted. */
  readonly refused: Part[];
  refusedMessage: string;
  readonly wire: WireName | undefined;
}

/**
 * Brings batches into the vault and settles them.
 *
 * States of a part: open -> judged (settled) | refused for its content -> divided, until the culprits stand alone
 * | too large -> divided, and the vault's batch size falls | effect unknown -> parked, in doubt | every attempt
 * failed although the vault serves others -> failed as `unreachable` | the vault is out -> given back, and the
 * error stops the vault. The parts of a divided batch are settled one by one, each as soon as it is judged.
 */
export class Deliverer {
  readonly #options: DelivererOptions;

  constructor(options: DelivererOptions) {
    this.#options = options;
  }

  /** Resolves when every row is settled, parked or given back. Rejects with what must stop the vault. */
  async deliver(batch: Batch): Promise<void> {
    await this.deliverPart(new Part(batch, { mayBeInVault: false }));
  }

  /** As `deliver`, for a batch of which some records already have their verdict. */
  async deliverPart(part: Part): Promise<void> {
    const division: Division = {
      culprits: 0,
      retried: false,
      accepted: false,
      refused: [],
      refusedMessage: '',
      wire: undefined,
    };
    await this.#send(part, division);
    if (division.refused.length === 0) return;
    const { refusals } = this.#options;
    if (division.accepted || !refusals.armed)
      for (const refused of division.refused) await this.#settle(refused, division);
    else refusals.hold(division.refused, division.refusedMessage);
  }

  /** Settles what the guard against configuration errors held back: it was data after all. */
  async settleHeld(): Promise<void> {
    for (const part of this.#options.refusals.letGo()) await this.#options.ledger.settle(part.settlement());
  }

  async #send(part: Part, division: Division): Promise<void> {
    if (part.openCount === 0) {
      await this.#settle(part, division);
      return;
    }
    const { health } = this.#options;
    for (;;) {
      const startedAtMs = health.now();
      const wire = division.culprits >= culpritsBeforeRecordWire ? 'record' : undefined;
      const { answer, attempts } = await this.#options.attempt(part.openRecords(), wire);
      if (attempts > 1) division.retried = true;
      switch (answer.kind) {
        case 'judged':
          await this.#takeJudgement(part, answer, division);
          return;
        case 'refused':
        case 'too_large':
          await this.#takeRefusal(part, answer, division, wire);
          return;
        case 'unavailable':
          if (answer.applied === 'unknown') part.mayBeInVault = true;
          if (answer.applied === 'unknown' && !this.#options.repeatable) {
            this.#options.park(part.range);
            if (health.suspended) throw health.outage(answer.message);
            return;
          }
          if (health.servedSince(startedAtMs)) {
            part.failOpen({ reason: 'unreachable', ...factsOf(answer) });
            await this.#settle(part, division);
            return;
          }
          if (health.suspended) {
            await this.#giveBack(part);
            throw health.outage(answer.message);
          }
          break;
        case 'stopped':
          if (answer.applied === 'unknown') part.mayBeInVault = true;
          await this.#giveBack(part);
          return;
        case 'unauthorized':
        case 'denied':
          if (wire === 'record' && answer.kind === 'denied') {
            // Not every credential or vault has the record wire: divide on without it.
            division.culprits = Number.NEGATIVE_INFINITY;
            break;
          }
          await this.#giveBack(part);
          throw denial(this.#options.vaultName, answer);
        default:
          answer satisfies never;
      }
    }
  }

  async #takeJudgement(
    part: Part,
    answer: Extract<InsertAnswer, { kind: 'judged' }>,
    division: Division,
  ): Promise<void> {
    if (answer.failures.length === 0 && answer.doubtful.length === 0) part.uploadOpen();
    else {
      const failures = new Map(answer.failures.map((failure) => [failure.index, failure]));
      const doubtful = new Set(answer.doubtful);
      part.judgeOpen((index): FailureFacts | 'uploaded' | 'open' => {
        const failure = failures.get(index);
        if (failure !== undefined) {
          return {
            reason: failure.reason,
            message: failure.message,
            status: failure.status ?? answer.status,
            requestId: answer.requestId,
          };
        }
        return doubtful.has(index) ? 'open' : 'uploaded';
      });
    }
    if (part.openCount > 0) {
      const { judged, open } = part.separate();
      for (const doubtful of open) this.#options.park(doubtful.range);
      for (const clear of judged) await this.#settle(clear, division);
      return;
    }
    division.accepted = true;
    await this.#settle(part, division);
    if (this.#options.refusals.armed && answer.failures.length < part.batch.values.length)
      await this.settleHeld();
  }

  async #takeRefusal(
    part: Part,
    answer: Extract<InsertAnswer, { kind: 'refused' | 'too_large' }>,
    division: Division,
    wire: WireName | undefined,
  ): Promise<void> {
    if (answer.kind === 'too_large') this.#options.sizeLimit.lower(part.openCount, answer.message);
    // The record wire judges record by record: when it refuses a whole request, dividing goes on without it.
    if (wire === 'record') division.culprits = Number.NEGATIVE_INFINITY;
    if (part.openCount > 1) {
      for (const half of part.divide()) await this.#send(half, division);
      return;
    }
    division.culprits += 1;
    part.failOpen({ reason: 'rejected', ...factsOf(answer) });
    if (division.accepted || !this.#options.refusals.armed) await this.#settle(part, division);
    else {
      division.refused.push(part);
      division.refusedMessage = answer.message;
    }
  }

  async #settle(part: Part, division: Division): Promise<void> {
    const settlement = part.settlement();
    await this.#options.ledger.settle(settlement);
    this.#options.onSettled(settlement, division.retried ? 'retried' : 'immediate');
  }

  /** The vault stops: rows that are certainly not in the vault are free to be sent by a resume without looking. */
  async #giveBack(part: Part): Promise<void> {
    if (!part.mayBeInVault) await this.#options.ledger.release(part.range);
  }
}

function factsOf(answer: {
  readonly message: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
}): Omit<FailureFacts, 'reason'> {
  return { message: answer.message, status: answer.status, requestId: answer.requestId };
}

function denial(
  vaultName: string,
  answer: Extract<InsertAnswer, { kind: 'unauthorized' | 'denied' }>,
): SuperviseError {
  const where = `vault ${vaultName}: HTTP ${answer.status}`;
  const request = answer.requestId === undefined ? '' : ` (request ${answer.requestId})`;
  if (answer.kind === 'unauthorized') {
    return new SuperviseError(
      'unauthorized',
      `${where}, the credential was refused: ${answer.message}${request}`,
      {
        hint: 'Get a new bearer token (a personal one lasts 24 h, a service account token 60 minutes), then go on with `resume`.',
      },
    );
  }
  return answer.status === 404
    ? new SuperviseError('not_found', `${where}, no such vault or table: ${answer.message}${request}`, {
        hint: 'Check the vault id, the table and skyflow.vault_url.',
      })
    : new SuperviseError(
        'forbidden',
        `${where}, the credential may not insert here: ${answer.message}${request}`,
        {
          hint: 'Give the credential a role with insert on this vault and table.',
        },
      );
}
