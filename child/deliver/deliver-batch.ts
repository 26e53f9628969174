import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { Settlement } from '../../src/journal/ledger-contract.js';
import type { OutsideText } from '../../src/outside/outside-text.js';
import type { Batch, PositionRange } from '../../src/record/batch.js';
import type { InsertAnswer, RecordColumns, WireName } from '../../src/vault/vault-client.js';
import type { AttemptResult } from './attempt-insert.js';
import type { BatchSizeLimit } from './batch-size-limit.js';
import { Part, type FailureFacts } from './part.js';
import type { Refusal, RefusalGuard } from './refusal-guard.js';
import type { VaultHealth } from '../vault/vault-health.js';

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
  /** Waits for another credential; true when there is one. */
  readonly reauthorise: (message: string) => Promise<boolean>;
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
  /** What the last of them was refused with. */
  refusal: Refusal;
  /** The smallest number of records that was too much for the vault, and its words. */
  tooLarge: { readonly recordCount: number; readonly message: string } | undefined;
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
      refusal: { message: '' },
      tooLarge: undefined,
    };
    try {
      await this.#send(part, division);
    } catch (error) {
      for (const refused of division.refused) await this.#giveBack(refused);
      throw error;
    }
    const { refusals, sizeLimit } = this.#options;
    // One record that is too large by itself says nothing about how many of the others go into a request.
    if (division.tooLarge !== undefined && division.tooLarge.recordCount > 1)
      sizeLimit.lower(division.tooLarge.recordCount, division.tooLarge.message);
    if (division.refused.length === 0) return;
    if (division.accepted || !refusals.armed)
      for (const refused of division.refused) await this.#settle(refused, division);
    else refusals.hold(division.refused, division.refusal);
  }

  /** Settles what the guard against configuration errors held back: it was data after all. */
  async settleHeld(): Promise<void> {
    for (const part of this.#options.refusals.letGo()) await this.#settle(part, { retried: false });
  }

  async #send(part: Part, division: Division): Promise<void> {
    if (part.openCount === 0) {
      await this.#settle(part, division);
      return;
    }
    const { health } = this.#options;
    for (;;) {
      const wire = division.culprits >= culpritsBeforeRecordWire ? 'record' : undefined;
      const { answer, attempts, applied, othersServed } = await this.#options.attempt(
        part.openRecords(),
        wire,
      );
      if (attempts > 1) division.retried = true;
      if (applied === 'unknown') part.mayBeInVault = true;
      switch (answer.kind) {
        case 'judged':
          await this.#takeJudgement(part, answer, division);
          return;
        case 'refused':
        case 'too_large':
          await this.#takeRefusal(part, answer, division, wire);
          return;
        case 'unavailable':
          if (health.suspended) {
            await this.#giveBack(part);
            throw health.outage(answer.message);
          }
          if (answer.lasting === true && !health.hasServed) {
            await this.#giveBack(part);
            throw health.noConnection(answer.message);
          }
          if (answer.applied === 'unknown' || (othersServed && this.#isInDoubt(part))) {
            this.#options.park(part.range);
            return;
          }
          if (othersServed) {
            part.failOpen({ reason: 'unreachable', ...factsOf(answer) });
            await this.#settle(part, division);
            return;
          }
          break;
        case 'stopped':
          await this.#giveBack(part);
          return;
        case 'unauthorized':
          if (health.hasServed && (await this.#options.reauthorise(answer.message))) break;
          await this.#giveBack(part);
          throw denial(this.#options.vaultName, answer);
        case 'denied':
          if (wire === 'record') {
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
    const sentCount = part.openCount;
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
            said: failure.said,
            status: failure.status ?? answer.status,
            requestId: answer.requestId,
          };
        }
        return doubtful.has(index) ? 'open' : 'uploaded';
      });
    }
    const { judged, open } = part.openCount > 0 ? part.separate() : { judged: [part], open: [] };
    for (const doubtful of open) this.#options.park(doubtful.range);
    const [first] = answer.failures;
    const refusesAll = answer.failures.filter(({ reason }) => reason === 'rejected').length === sentCount;
    if (refusesAll && first !== undefined && !division.accepted && this.#options.refusals.armed) {
      division.refused.push(...judged);
      division.refusal = first;
      return;
    }
    division.accepted ||= !refusesAll;
    for (const clear of judged) await this.#settle(clear, division);
    if (this.#options.refusals.armed && !refusesAll) await this.settleHeld();
  }

  async #takeRefusal(
    part: Part,
    answer: Extract<InsertAnswer, { kind: 'refused' | 'too_large' }>,
    division: Division,
    wire: WireName | undefined,
  ): Promise<void> {
    const { openCount } = part;
    if (answer.kind === 'too_large' && openCount < (division.tooLarge?.recordCount ?? Infinity))
      division.tooLarge = { recordCount: openCount, message: answer.message };
    // The record wire judges record by record: when it refuses a whole request, dividing goes on without it.
    if (wire === 'record') division.culprits = Number.NEGATIVE_INFINITY;
    if (part.openCount > 1) {
      const [first, second] = part.divide();
      try {
        await this.#send(first, division);
      } catch (error) {
        await this.#giveBack(second);
        throw error;
      }
      await this.#send(second, division);
      return;
    }
    division.culprits += 1;
    part.failOpen({ reason: 'rejected', ...factsOf(answer) });
    if (division.accepted || !this.#options.refusals.armed) await this.#settle(part, division);
    else {
      division.refused.push(part);
      division.refusal = answer;
    }
  }

  async #settle(part: Part, division: Pick<Division, 'retried'>): Promise<void> {
    const settlement = part.settlement();
    await this.#options.ledger.settle(settlement);
    this.#options.onSettled(settlement, division.retried ? 'retried' : 'immediate');
  }

  /** Whether sending the part has to be tried again, because giving it up could fail what the vault has. */
  #isInDoubt(part: Part): boolean {
    return this.#options.repeatable && part.mayBeInVault;
  }

  /** The vault stops: rows that are certainly not in the vault are free to be sent by a resume without looking. */
  async #giveBack(part: Part): Promise<void> {
    if (!part.mayBeInVault) await this.#options.ledger.release(part.range);
  }
}

function factsOf(answer: {
  readonly message: string;
  readonly said?: OutsideText | undefined;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
}): Omit<FailureFacts, 'reason'> {
  return { message: answer.message, said: answer.said, status: answer.status, requestId: answer.requestId };
}

/** What stops a vault whose credential is refused, or that does not let it in. */
export function denial(
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
