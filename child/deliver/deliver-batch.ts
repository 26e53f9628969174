import type { Batch } from '../../src/record/batch.js';
import type { InsertAnswer, JudgedAnswer } from '../../src/vault/vault-client.js';
import { findHeldRefused, lookUpMismatched } from '../doubt/look-up-mismatched.js';
import { refusedAlone } from '../doubt/doubt.js';
import { CutRequests } from './cut-requests.js';
import type { DelivererOptions } from './deliverer-options.js';
import { denial } from './denial.js';
import { newDivision, noteTooLarge, type Division } from './division.js';
import { factsOf } from './failure-facts.js';
import { judgeRecords } from './judge-records.js';
import { Part } from './part.js';

/**
 * Brings batches into the vault and settles them.
 *
 * States of a part: open -> judged (settled) | refused for its content -> sent record by record, or where the vault has
 * no such wire divided, until the culprits stand alone | too large -> divided, and the vault's batch size falls | effect
 * unknown, whatever the answer -> parked, in doubt | taken under other tokens -> looked up at once, and
 * parked unless that tells | every attempt failed although the vault serves others -> given up, and parked until it is
 * known whether others have its tokens | the vault is out -> given back, and the error stops the vault. The parts of a
 * divided batch are settled one by one, each as soon as it is judged.
 */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #cut = new CutRequests();

  constructor(options: DelivererOptions) {
    this.#options = options;
  }

  /** Resolves when every row is settled, parked or given back. Rejects with what must stop the vault. */
  deliver(batch: Batch): Promise<void> {
    return this.deliverPart(new Part(batch, { mayBeInVault: false }));
  }

  /** As `deliver`, for a batch of which some records already have their verdict. */
  async deliverPart(part: Part): Promise<void> {
    const division = newDivision(this.#options.wires.forBatch);
    try {
      await this.#send(part, division);
    } catch (error) {
      for (const refused of division.refused) await this.#giveBack(refused);
      throw error;
    }
    const { refusals, sizeLimit, wires } = this.#options;
    wires.batchDone(division);
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
      const { wire } = division;
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
          division.hasRefusals = true;
          if (mayRepeat && this.#goesRecordByRecord(part, answer, division, wire)) break;
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
          if (isLost || (othersServed && part.effectUnknown)) {
            this.#options.park(part.range, { kind: 'lost' });
            return;
          }
          if (othersServed) {
            const { judged, open } = part.separate();
            const facts = { ...factsOf(answer), reason: 'unreachable' } as const;
            for (const { range } of open) this.#options.park(range, { kind: 'given_up', facts });
            for (const clear of judged) await this.#settle(clear, division);
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
            this.#leaveRecordWire(division);
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

  async #takeJudgement(part: Part, answer: JudgedAnswer, division: Division): Promise<void> {
    const { failures, doubtful, mismatched } = answer;
    // Of those a look-up says that they are not in the vault: whoever goes on after a kill must know better.
    if (mismatched.length > 0) await this.#options.ledger.noteDoubt('foreign', part.openRanges(mismatched));
    if (answer.ids !== undefined && answer.ids.size > 0) await this.#keepIds(part, answer.ids);
    if (division.wire === 'record') this.#options.wires.recordWireJudged();
    if (failures.length + doubtful.length + mismatched.length > 0) {
      await this.#sortOut(part, answer, division);
      return;
    }
    this.#options.proof.prove();
    part.uploadOpen();
    division.accepted = true;
    await this.#settle(part, division);
    if (this.#options.refusals.armed) await this.settleHeld();
  }

  /** Not all were taken under their own tokens. */
  async #sortOut(part: Part, answer: JudgedAnswer, division: Division): Promise<void> {
    const { proof, refusals } = this.#options;
    const sentCount = part.openCount;
    const { failures, doubtful, mismatched } = answer;
    division.hasRefusals ||= failures.length > 0;
    if (failures.length + doubtful.length + mismatched.length < sentCount) proof.prove();
    const heldRefused = await findHeldRefused(part, answer, this.#options);
    const looked = await lookUpMismatched(part, answer, this.#options);
    // What an earlier request did is not undone by a refusal: those are looked up before they count as refused.
    const isUnproven = part.effectUnknown && failures.length > 0;
    judgeRecords(part, answer, { verdicts: looked.verdicts, heldRefused, isUnproven });
    const { judged, open } = part.openCount > 0 ? part.separate() : { judged: [part], open: [] };
    const lastWords = isUnproven && doubtful.length === 0 ? failures.at(-1) : undefined;
    for (const { range, openCount } of open) {
      if (lastWords === undefined) this.#options.park(range, { kind: 'lost' });
      else this.#options.park(range, refusedAlone(openCount, factsOf(answer, lastWords)));
    }
    for (const range of looked.open) this.#options.park(range, { kind: 'mismatched' });
    const [first] = failures;
    const refusesAll = failures.length === sentCount && !isUnproven && heldRefused.size === 0;
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

  /** Before anything of them is settled: what is settled is never sent again. */
  async #keepIds(part: Part, ids: ReadonlyMap<number, string>): Promise<void> {
    const positions = part.openPositions();
    await this.#options.keepIds?.(
      new Map([...ids].map(([index, id]) => [positions[index] ?? part.range.start, id])),
    );
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

  /** Whether a part that was refused as a whole goes over the record wire now, which judges each record. */
  #goesRecordByRecord(
    part: Part,
    answer: Extract<InsertAnswer, { kind: 'refused' | 'too_large' }>,
    division: Division,
    wire: Division['wire'],
  ): boolean {
    if (answer.kind === 'too_large' || part.openCount < 2) return false;
    if (!division.mayTakeRecordWire || !this.#options.wires.takesRecordWire(wire)) return false;
    this.#options.onDivided('record by record');
    division.wire = 'record';
    return true;
  }

  /** Not every credential or vault has the record wire: divide on without it. */
  #leaveRecordWire(division: Division): void {
    this.#options.wires.recordWireRefused();
    division.wire = undefined;
    division.mayTakeRecordWire = false;
  }

  /** Side by side; one after the other while one request at a time is sent. */
  async #sendHalves([first, second]: readonly [Part, Part], division: Division): Promise<void> {
    if (this.#options.proof.isProven) {
      const sent = await Promise.allSettled([this.#send(first, division), this.#send(second, division)]);
      for (const half of sent) if (half.status === 'rejected') throw half.reason as Error;
      return;
    }
    try {
      await this.#send(first, division);
    } catch (error) {
      await this.#giveBack(second);
      throw error;
    }
    await this.#send(second, division);
  }

  async #takeRefusal(
    part: Part,
    answer: Extract<InsertAnswer, { kind: 'refused' | 'too_large' }>,
    division: Division,
    wire: Division['wire'],
  ): Promise<void> {
    const isTooLarge = answer.kind === 'too_large';
    if (isTooLarge) noteTooLarge(division, part, answer.message);
    // The record wire judges record by record: when it refuses a whole request, dividing goes on without it.
    if (wire === 'record' && !isTooLarge) this.#leaveRecordWire(division);
    if (part.openCount > 1) {
      this.#options.onDivided('halves');
      await this.#sendHalves(part.divide(), division);
      return;
    }
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

  /** The vault stops: rows that are certainly not in the vault are free to be sent by a resume without looking. */
  async #giveBack(part: Part): Promise<void> {
    if (!part.mayBeInVault) await this.#options.ledger.release(part.range);
  }
}
