/** What a vault refuses at random, whatever the pace, is taken for at least this share of its answers. */
const leastNoise = 0.004;
/** Everybody's refusal is no noise, whatever it was before. */
const mostNoise = 0.15;
const overloadShare = 0.5;

/** The more an alarm takes from the pace, the surer it has to be. An edge without noise is one refusal. */
const alarmAt = { overload: 9, excess: 6, noisyEdge: 6, edge: 3 };

/** "This share is refused" against "that one": a cumulative sum of log-likelihood ratios, never below zero. */
class Suspicion {
  #sum = 0;
  answers = 0;
  refusals = 0;

  /** How much more likely the answers are (the logarithm of how many times) with `share` than with `noise`. */
  answered(refused: boolean, share: number, noise: number): number {
    this.answers += 1;
    if (refused) this.refusals += 1;
    this.#sum += refused ? Math.log(share / noise) : Math.log((1 - share) / (1 - noise));
    if (this.#sum <= 0) this.begin();
    return this.#sum;
  }

  begin(): void {
    this.#sum = 0;
    this.answers = 0;
    this.refusals = 0;
  }
}

/**
 * Tells refusals that come together from those that any vault strews in at random. Pure: sequential tests, which
 * begin anew whenever the answers speak for the noise. What is taken for noise was measured by a trial
 * (`RefusalTrial`), and counts for as many answers as make a trial cheap: a wrong belief in much noise is soon looked
 * at again.
 */
export class RefusalEvidence {
  readonly #excess = new Suspicion();
  readonly #overload = new Suspicion();
  readonly #edge = new Suspicion();
  #noise = leastNoise;
  #noiseCountsFor = 0;

  /**
   * What an answer adds to those before it: `overload` when most are refused, `edge` when the pace is being raised
   * towards a known limit and a refusal is more likely its than noise, `excess` when more are refused than noise
   * explains.
   */
  answered(refused: boolean, isRising: boolean): 'overload' | 'edge' | 'excess' | undefined {
    if (this.#noiseCountsFor > 0 && (this.#noiseCountsFor -= 1) === 0) this.#noise = leastNoise;
    const noise = Math.min(mostNoise, 1.2 * this.#noise);
    const overload = this.#overload.answered(refused, overloadShare, mostNoise);
    const excess = this.#excess.answered(refused, Math.max(0.02, 2.5 * noise), noise);
    const edge = isRising ? this.#edge.answered(refused, Math.max(0.1, 2.5 * noise), noise) : 0;
    if (overload >= alarmAt.overload) return 'overload';
    if (edge >= (this.isNoisy ? alarmAt.noisyEdge : alarmAt.edge)) return 'edge';
    // Where most are refused there is nothing to try: a few more will show it.
    return excess >= alarmAt.excess && this.refusedShare < overloadShare ? 'excess' : undefined;
  }

  /** Whether a trial has shown that the vault refuses at random. */
  get isNoisy(): boolean {
    return this.#noise > leastNoise;
  }

  /** Of the answers since refusals began to come together, those that were refused. */
  get refusedShare(): number {
    return this.#excess.refusals / Math.max(1, this.#excess.answers);
  }

  begin(): void {
    this.#overload.begin();
    this.beginAtEdge();
  }

  /** The pace was cut a little; whether that is enough is seen from what was refused before as well. */
  beginAtEdge(): void {
    this.#excess.begin();
    this.#edge.begin();
  }

  /** A trial has shown that so many are refused whatever the pace. */
  believeNoise(share: number): void {
    this.#noise = Math.max(leastNoise, share);
    this.#noiseCountsFor = Math.ceil(6 / this.#noise ** 2);
    this.begin();
  }
}

/** A trial is decided when one of the two explanations is so many times (e^4.6 = 100) as likely as the other. */
const decidedAt = 4.6;
const fewestAnswers = 8;
/** A limit that is kept to by a wide margin refuses at most this part of what it refused before. */
const restOfLimit = 0.1;

/**
 * Sends more slowly for a while, and looks whether refusals stay: then they have nothing to do with the pace.
 * A sequential test of "as many as before" against "a tenth of it".
 */
export class RefusalTrial {
  readonly #share: number;
  #sum = 0;
  #answers = 0;
  #refusals = 0;

  /** `share`: of the answers before it, those that were refused. */
  constructor(share: number) {
    this.#share = share;
  }

  answered(refused: boolean): 'noise' | 'limit' | 'overload' | 'undecided' {
    this.#answers += 1;
    if (refused) this.#refusals += 1;
    this.#sum += refused
      ? Math.log(1 / restOfLimit)
      : Math.log((1 - this.#share) / (1 - restOfLimit * this.#share));
    if (this.#sum <= -decidedAt) return 'limit';
    if (this.#sum < decidedAt || this.#answers < fewestAnswers) return 'undecided';
    return this.refusedShare < overloadShare ? 'noise' : 'overload';
  }

  /** Of the answers in it, those that were refused. */
  get refusedShare(): number {
    return this.#refusals / Math.max(1, this.#answers);
  }
}
