import type { Settlement } from '../../src/journal/ledger-contract.js';
import type { OutsideText } from '../../src/outside/outside-text.js';
import type { Batch, PositionRange } from '../../src/record/batch.js';
import type {
  InsertAnswer,
  LookupAnswer,
  RecordColumns,
  RecordFailure,
  WireName,
} from '../../src/vault/vault-client.js';
import { judgeMismatched } from '../doubt/judge-mismatched.js';
import type { Doubt } from '../doubt/doubt.js';
import type { AttemptResult } from './attempt-insert.js';
import type { BatchSizeLimit } from './batch-size-limit.js';
import { CutRequests } from './cut-requests.js';
import { denial } from './denial.js';
import { Part, type FailureFacts } from './part.js';
import type { Refusal, RefusalGuard } from './refusal-guard.js';
import type { TokenProof } from './token-proof.js';
import type { VaultHealth } from '../vault/vault-health.js';

/** The ledger, as far as delivering goes. */
export interface DeliveryLedger {
  settle(settlement: Settlement): Promise<void>;
  release(range: PositionRange): void | Promise<void>;
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
  readonly proof: TokenProof;
  readonly onSettled: (settlement: Settlement, how: 'immediate' | 'retried') => void;
}

/** A record of so many bytes is a large one. */
const largeRecordBytes = 8_192;

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
  tooLarge:
    { readonly recordCount: number; readonly message: string; readonly tellsCount: boolean } | undefined;
}

/**
 * Brings batches into the vault and settles them.
 *
 * States of a part: open -> judged (settled) | refused for its content -> divided, until the culprits stand alone
 * | too large -> divided, and the vault's batch size falls | effect unknown, whatever the answer -> parked, in doubt
 * | taken under other tokens -> looked up at once | every attempt failed although the vault serves others -> failed
 * as `unreachable` | the vault is out -> given back, and the error stops the vault. The parts of a divided batch are settled one by one, each as soon as it is judged.
 */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #cut = new CutRequests();

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
    // Records that are too large by themselves say nothing about how many of the others go into a request.
    if (division.tooLarge?.tellsCount === true && division.tooLarge.recordCount > 1)
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
      if (applied === 'unknown') part.loseSight();
      const isLost = answer.kind !== 'judged' && answer.kind !== 'stopped' && answer.applied === 'unknown';
      const mayRepeat = !isLost || this.#options.repeatable;
      if (this.#cut.isSuspicious(answer)) await this.#suspectSize(part);
      switch (answer.kind) {
        case 'judged':
          await this.#takeJudgement(part, answer, division);
          return;
        case 'refused':
        case 'too_large':
          if (mayRepeat) await this.#takeRefusal(part, answer, division, wire);
          else this.#parkRefused(part, answer);
          return;
        case 'throttled':
          this.#options.park(part.range, { kind: 'lost' });
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
          if (isLost || (othersServed && this.#isInDoubt(part))) {
            this.#options.park(part.range, { kind: 'lost' });
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
          if (health.hasServed && (await this.#options.reauthorise(answer.message))) {
            if (mayRepeat) break;
            this.#options.park(part.range, { kind: 'lost' });
            return;
          }
          await this.#giveBack(part);
          throw denial(this.#options.vaultName, answer);
        case 'denied':
          if (wire === 'record') {
            // Not every credential or vault has the record wire: divide on without it.
            division.culprits = Number.NEGATIVE_INFINITY;
            if (mayRepeat) break;
          }
          if (!mayRepeat && (wire === 'record' || health.hasServed)) {
            // Of whoever stands in front: it may dislike one of the records, and is no reason to end.
            this.#parkRefused(part, answer);
            return;
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
    const { proof, refusals } = this.#options;
    const sentCount = part.openCount;
    const { failures, doubtful, mismatched } = answer;
    if (failures.length + doubtful.length + mismatched.length < sentCount) proof.prove();
    const looked = await this.#lookUpMismatched(part, answer);
    const refused = new Map(failures.map((failure) => [failure.index, failure]));
    // What an earlier request did is not undone by a refusal: those are looked up before they count as refused.
    const unproven = part.effectUnknown ? refused : new Map<number, RecordFailure>();
    if (looked.verdicts.size + failures.length + doubtful.length === 0) part.uploadOpen();
    else {
      const isDoubtful = new Set(doubtful);
      part.judgeOpen((index): FailureFacts | 'uploaded' | 'open' => {
        const verdict = looked.verdicts.get(index);
        if (verdict !== undefined) return verdict;
        const failure = refused.get(index);
        if (failure === undefined) return isDoubtful.has(index) ? 'open' : 'uploaded';
        return unproven.size > 0 ? 'open' : { ...factsOf(answer, failure), reason: failure.reason };
      });
    }
    const { judged, open } = part.openCount > 0 ? part.separate() : { judged: [part], open: [] };
    const lastWords = unproven.size > 0 && doubtful.length === 0 ? failures.at(-1) : undefined;
    for (const { range, openCount } of open) {
      if (lastWords !== undefined)
        this.#options.park(range, refusedAlone(openCount, factsOf(answer, lastWords)));
      else this.#options.park(range, { kind: 'lost' });
    }
    const [first] = failures;
    const refusesAll = failures.length === sentCount && unproven.size === 0;
    if (refusesAll && first !== undefined && !division.accepted && refusals.armed) {
      division.refused.push(...judged);
      division.refusal = first;
      return;
    }
    division.accepted ||= !refusesAll;
    for (const clear of judged) await this.#settle(clear, division);
    if (looked.error !== undefined) throw looked.error;
    const noneCameBack = failures.length + doubtful.length + mismatched.length === sentCount;
    if (noneCameBack && mismatched.length > 0 && !proof.isProven)
      throw proof.keepsNone(this.#options, answer);
    if (refusals.armed && !refusesAll) await this.settleHeld();
  }

  /**
   * Records that were taken and whose token did not come back are looked up at once, so that a crash finds them
   * settled: they must not be sent again. Held under their own value they stay open. When the vault cannot be asked,
   * that is their verdict, and `error` what stops the vault after it.
   */
  async #lookUpMismatched(
    part: Part,
    answer: Extract<InsertAnswer, { kind: 'judged' }>,
  ): Promise<{ verdicts: Map<number, FailureFacts | 'open'>; error?: Error }> {
    const verdicts = new Map<number, FailureFacts | 'open'>();
    const { mismatched } = answer;
    if (mismatched.length === 0) return { verdicts };
    const { values, tokens } = part.openRecords();
    const asked = {
      values: mismatched.map((index) => values[index] ?? ''),
      tokens: mismatched.map((index) => tokens[index] ?? ''),
    };
    let found: LookupAnswer | undefined;
    let error: Error | undefined;
    try {
      found = await this.#options.ask(asked);
    } catch (thrown) {
      error = thrown instanceof Error ? thrown : new Error(String(thrown));
    }
    for (const [at, index] of mismatched.entries()) {
      const verdict = judgeMismatched(found, { at, value: asked.values[at] });
      if (verdict === 'own_value') {
        this.#options.proof.prove();
        verdicts.set(index, 'open');
      } else verdicts.set(index, { ...factsOf(answer, verdict), reason: verdict.reason });
    }
    return { verdicts, ...(error === undefined ? {} : { error }) };
  }

  /** Requests like this are only cut off: if a small one is answered, smaller ones are sent from now on. */
  async #suspectSize(part: Part): Promise<void> {
    const { sizeLimit, isAnswered } = this.#options;
    if (part.openCount < 2 || !(await isAnswered(part.openRecords()).catch(() => false))) return;
    sizeLimit.lower(part.openCount, 'requests of this size are cut off, small ones are answered');
  }

  /** Refused by an answer that proves nothing: looked up, and what is not held is divided. */
  #parkRefused(
    part: Part,
    answer: Extract<InsertAnswer, { kind: 'refused' | 'too_large' | 'denied' }>,
  ): void {
    const { openCount } = part;
    if (answer.kind === 'too_large' && openCount > 1)
      this.#options.sizeLimit.lower(openCount, answer.message);
    this.#options.park(part.range, refusedAlone(openCount, factsOf(answer)));
  }

  async #takeRefusal(
    part: Part,
    answer: Extract<InsertAnswer, { kind: 'refused' | 'too_large' }>,
    division: Division,
    wire: WireName | undefined,
  ): Promise<void> {
    const { openCount } = part;
    const isTooLarge = answer.kind === 'too_large';
    if (isTooLarge && openCount < (division.tooLarge?.recordCount ?? Infinity)) {
      const tellsCount = part.openBytes < openCount * largeRecordBytes;
      division.tooLarge = { recordCount: openCount, message: answer.message, tellsCount };
    }
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
    if (part.effectUnknown) {
      this.#options.park(part.range, refusedAlone(1, factsOf(answer)));
      return;
    }
    const size = { message: `the vault finds it too large; it has ${part.openBytes} bytes, value and token` };
    part.failOpen({ reason: 'rejected', ...factsOf(answer, isTooLarge ? size : {}) });
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

/** What is told of a failure: the words and the status of the record where it has its own. */
function factsOf(
  answer: {
    readonly message?: string;
    readonly said?: OutsideText | undefined;
    readonly status: number | undefined;
    readonly requestId: string | undefined;
  },
  own: {
    readonly message?: string;
    readonly said?: OutsideText | undefined;
    readonly status?: number | undefined;
  } = {},
): Omit<FailureFacts, 'reason'> {
  return {
    message: own.message ?? answer.message ?? '',
    said: own.message === undefined ? answer.said : own.said,
    status: own.status ?? answer.status,
    requestId: answer.requestId,
  };
}

function refusedAlone(recordCount: number, facts: Omit<FailureFacts, 'reason'>): Doubt {
  return { kind: 'refused', recordCount, facts: { ...facts, reason: 'rejected' } };
}
