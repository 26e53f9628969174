import type { ErrorFacts } from '../../src/errors/supervise-error.js';
import type { LoginEnd } from '../../src/source/source-kind.js';

/** What whoever wants to log in is told. */
export interface LoginLeave {
  /** The job's secrets were refused, and others were taken. */
  readonly renewed: boolean;
  /** Not at all: this is what the login of another vault was refused for. */
  readonly refusal?: ErrorFacts | undefined;
}

/** For so long an accepted login speaks for those that come after it: secrets may change while a run lasts. */
const freshMs = 60_000;

/**
 * Logins of vaults that share one user: one is tried alone, and the others wait for its word. Accepted, all go on; refused,
 * none is tried again in this run, since a few refusals lock a user; when nobody answered, the next one tries.
 */
export class LoginGate {
  readonly #now: () => number;
  #leader: object | undefined;
  #waiting: { readonly who: object; readonly resolve: (leave: LoginLeave) => void }[] = [];
  #acceptedMs = -Infinity;
  #renewed = false;
  #refusal: ErrorFacts | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Resolves when `who`, a process, may log in or is told why not; never when it `left` before. */
  ask(who: object): Promise<LoginLeave> {
    const isFresh = this.#now() - this.#acceptedMs < freshMs;
    if (this.#refusal !== undefined || isFresh) return Promise.resolve(this.#leave());
    if (this.#leader !== undefined) return new Promise((resolve) => this.#waiting.push({ who, resolve }));
    this.#leader = who;
    return Promise.resolve(this.#leave());
  }

  /** What the login of `who` came to. */
  ended(who: object, { outcome, renewed, error }: LoginEnd): void {
    switch (outcome) {
      case 'accepted':
        this.#acceptedMs = this.#now();
        this.#renewed ||= renewed;
        this.#tellAll();
        return;
      case 'refused':
        this.#refusal ??= error;
        this.#tellAll();
        return;
      case 'failed':
        if (this.#leader === who) this.#next();
        return;
      default:
        outcome satisfies never;
    }
  }

  /** The process `who` is gone. */
  left(who: object): void {
    this.#waiting = this.#waiting.filter((one) => one.who !== who);
    if (this.#leader === who) this.#next();
  }

  #next(): void {
    const next = this.#waiting.shift();
    this.#leader = next?.who;
    next?.resolve(this.#leave());
  }

  #tellAll(): void {
    this.#leader = undefined;
    for (const { resolve } of this.#waiting.splice(0)) resolve(this.#leave());
  }

  #leave(): LoginLeave {
    return { renewed: this.#renewed, refusal: this.#refusal };
  }
}
