/** Bounds so near to each other are the limit itself. */
const exactWithin = 1.025;
/** Bounds farther apart than this are a guess. */
const knownWithin = 1.3;
/** Bounds farther apart than this are to be drawn nearer before a pace between them is held for long. */
const wideFrom = 1.15;
/** A limit that is known is kept to with so little room. */
const exactMargin = 0.995;
const firstShare = 0.3;
const mostShare = 0.7;
/** A rough estimate, and how far above a limit a fast rise may be when the first refusal comes. */
const guessMargin = 0.9;
const overshoot = 1.3;
/** A count so far below what has passed before, or a pace that far above what was refused: the limit has changed. */
const changed = 0.06;
/**
 * So far above a limit that was found again and again, a refusal while the pace rises may still be its own: a slow rise at
 * few requests a second uses an allowance of a second up only there. It is believed to be another when it comes a third time.
 */
const perhapsChanged = 0.13;
const oftenConfirmed = 2;
const mostUnbelieved = 2;

/**
 * What is known of a limit, in requests per second. What limits a rate is nearly always an allowance that fills
 * steadily; an overload answer says that it was empty when that request was sent. So what passed from one such moment
 * to the next, over the time between them, is a lower bound (less than the limit if the allowance overflowed meanwhile),
 * and the pace at which a refusal came is an upper one (more than the limit if the allowance was being used up). A
 * large allowance makes the lower bound exact, a small one the upper bound, and halves in between find out which.
 */
export class RateBounds {
  #least = 0;
  #most = Infinity;
  #confirmed = 0;
  /** Refusals in a row that were not believed to be another limit's. */
  #unbelieved = 0;
  /** Where between the bounds the pace is kept: moves up while that is not refused. */
  #share = firstShare;

  get isExact(): boolean {
    return this.#most / this.#least < exactWithin;
  }

  get isKnown(): boolean {
    return this.#most / this.#least < (this.#confirmed > 0 ? 2 : 1) * knownWithin;
  }

  get most(): number {
    return this.#most;
  }

  /** How many times in a row the same limit was found; once at most as long as hardly anything is known of where it lies. */
  get confirmed(): number {
    return Math.min(this.#confirmed, this.#most / this.#least < wideFrom ? Infinity : 1);
  }

  forget(): void {
    this.#least = 0;
    this.#most = Infinity;
    this.#confirmed = 0;
    this.#unbelieved = 0;
    this.#share = firstShare;
  }

  /** A refusal came at this pace, while it was held or while it rose. */
  refusedAt(perSecond: number, wasHeld: boolean): void {
    this.#share = wasHeld ? 0.8 * this.#share : Math.min(mostShare, this.#share + 0.2);
    const before = this.#most;
    const above = perSecond / before - 1;
    const isPerhapsTheSame = !wasHeld && above > changed && above < perhapsChanged;
    if (isPerhapsTheSame && this.#confirmed >= oftenConfirmed && this.#unbelieved < mostUnbelieved) {
      this.#unbelieved += 1;
      return;
    }
    this.#unbelieved = 0;
    this.#most = perSecond > (1 + changed) * this.#most ? perSecond : Math.min(this.#most, perSecond);
    this.#least = Math.min(this.#least, this.#most);
    this.#confirmed = Math.abs(this.#most / before - 1) < changed ? this.#confirmed + 1 : 0;
  }

  /** So many requests passed, at this rate, from one refusal to another. */
  passed(perSecond: number, requests: number): void {
    const atLeast = perSecond * (1 - 0.5 / requests);
    if (perSecond < this.#least * (1 - changed - 1 / requests)) this.#least = atLeast;
    else this.#least = Math.min(this.#most, Math.max(this.#least, atLeast));
  }

  /** A pace to keep to, no higher than `ceiling`, at which the last refusal came (or a rough estimate was made). */
  below(ceiling: number): number {
    if (this.#most === Infinity) return guessMargin * ceiling;
    if (this.isKnown) {
      const between = this.#least + this.#share * (this.#most - this.#least);
      return Math.min(ceiling, exactMargin * between);
    }
    return Math.min(ceiling, Math.max(this.#least, this.#most / overshoot));
  }
}
