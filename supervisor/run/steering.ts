import { isDeepStrictEqual } from 'node:util';
import type { RunControl, RunOrders } from '../../src/control/run-control.js';
import { ratesAt, type PaceWindow } from '../../src/rates/pace-windows.js';
import { rateKeys, type Rates } from '../../src/rates/rates.js';
import { errorFacts } from '../../src/errors/supervise-error.js';
import { formatCount } from '../../src/report/format-numbers.js';

/** What is steered. */
export interface Helm {
  setRates(rates: Rates): void;
  /** Resolves when nothing is on its way any more. */
  pause(): Promise<void>;
  unpause(): void;
}

/** What the configuration says of the pace. */
export interface PaceSettings {
  readonly rates: Rates;
  readonly windows: readonly PaceWindow[];
  readonly timeZone: string | undefined;
}

export interface SteeringOptions extends PaceSettings {
  /** For the command that is to be said; absent: what is steered is no run. */
  readonly runId?: string | undefined;
  /** Absent: only the windows steer. */
  readonly control?: RunControl | undefined;
  /** Nothing is sent before, and nothing is begun after. */
  readonly notBefore?: Date | undefined;
  readonly stopAt?: Date | undefined;
  /** Asked to stop, in order. */
  readonly onStop: () => void;
  /** An order was followed, or a window has begun or ended; for people and the run's log. */
  readonly onNotice: (level: 'info' | 'warn', text: string) => void;
  /** An order was followed; for the run's record. */
  readonly onOrder: (orders: RunOrders) => Promise<void>;
  readonly now?: () => Date;
}

const lookMs = 500;
/** Longer than that nobody who has paused a run waits for requests on their way before he is answered. */
const answerAfterMs = 3_000;

/**
 * Steers a run while it is worked on: follows the orders that its control holds and the windows of the configuration, and
 * answers. Orders override windows, windows the configuration. Orders that cannot be read are told once, and what was
 * in force before stays so.
 */
export class Steering {
  readonly #helm: Helm;
  readonly #options: SteeringOptions;
  readonly #now: () => Date;
  #orders: RunOrders | undefined;
  #rates: Rates;
  /** Orders to stop up to this one were meant for somebody else. */
  #seen = 0;
  #problem: string | undefined;
  #isPaused = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(helm: Helm, options: SteeringOptions) {
    this.#helm = helm;
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
    this.#rates = options.rates;
  }

  /** What holds already is in force when it resolves: nothing is sent before. */
  async begin(): Promise<void> {
    const { control, windows } = this.#options;
    const orders = await this.#read();
    this.#seen = orders?.number ?? 0;
    await this.#follow(orders, 'before');
    if (control === undefined && windows.length === 0) return;
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.look());
    }, lookMs);
    this.#timer.unref();
  }

  /** Looks for orders and at the clock, once. */
  async look(): Promise<void> {
    await this.#follow(await this.#read(), 'now');
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** The sentence about an order to pause that holds; undefined: none does. */
  get pause(): string | undefined {
    return describePause(this.#orders, this.#options.runId);
  }

  async #read(): Promise<RunOrders | undefined> {
    try {
      const orders = await this.#options.control?.orders();
      this.#problem = undefined;
      return orders ?? this.#orders;
    } catch (error) {
      const { message } = errorFacts(error);
      if (message !== this.#problem) this.#options.onNotice('warn', `an order was not followed: ${message}`);
      this.#problem = message;
      return this.#orders;
    }
  }

  async #follow(orders: RunOrders | undefined, since: 'before' | 'now'): Promise<void> {
    const before = this.#orders;
    const isNew = orders !== undefined && orders.number !== before?.number;
    const rates = { ...ratesAt(this.#now(), this.#options), ...orders?.rates };
    const isOtherPace = !isDeepStrictEqual(rates, this.#rates);
    this.#orders = orders;
    this.#rates = rates;
    this.#lookAtStopTime();
    if (isOtherPace) {
      this.#helm.setRates(rates);
      this.#options.onNotice(
        'info',
        `the pace is now ${describeRates(rates)}${isNew ? by(orders) : ', by pace_windows'}`,
      );
    }
    await this.#pauseOrGoOn(orders, since);
    if (!isNew) return;
    if (since === 'now') await this.#options.onOrder(orders);
    await this.#options.control
      ?.answer({
        format_version: 1,
        number: orders.number,
        paused: orders.paused,
        rates,
        answered_at: this.#now().toISOString(),
      })
      .catch((error: unknown) => {
        this.#options.onNotice('warn', `an order was not answered: ${errorFacts(error).message}`);
      });
    if ((orders.stop ?? 0) <= this.#seen) return;
    this.#seen = orders.number;
    this.#options.onNotice('warn', `asked to stop${by(orders)}`);
    this.#options.onStop();
  }

  async #pauseOrGoOn(orders: RunOrders | undefined, since: 'before' | 'now'): Promise<void> {
    const { onNotice, notBefore } = this.#options;
    const isEarly = notBefore !== undefined && this.#now() < notBefore;
    const isPaused = isEarly || orders?.paused === true;
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (!isPaused) {
      onNotice('info', `goes on${orders === undefined ? '' : by(orders)}`);
      this.#helm.unpause();
      return;
    }
    const still = since === 'before' ? 'still ' : '';
    if (this.pause !== undefined) onNotice('warn', `${still}${this.pause}`);
    else onNotice('info', `nothing is sent before ${notBefore?.toISOString() ?? ''} (--not-before)`);
    const paused = this.#helm.pause();
    await Promise.race([paused, new Promise((resolve) => setTimeout(resolve, answerAfterMs).unref())]);
  }

  #lookAtStopTime(): void {
    const { stopAt, onNotice, onStop } = this.#options;
    if (stopAt === undefined || this.#isStopped || this.#now() < stopAt) return;
    this.#isStopped = true;
    onNotice('warn', `it is ${stopAt.toISOString()} (--stop-at)`);
    onStop();
  }
}

/** Of a run that is paused: by whom, since when, and how it goes on; undefined: no order to pause holds. */
export function describePause(orders: RunOrders | null | undefined, runId = ''): string | undefined {
  if (orders?.paused !== true) return undefined;
  const { user, host, given_at, paused_by: whose = { user, host, at: given_at } } = orders;
  const command = `skyflow-supervise go ${runId}`.trimEnd();
  return `paused${by({ ...whose, given_at: whose.at })}: nothing is sent until \`${command}\``;
}

function by({ user, host, given_at: at }: Pick<RunOrders, 'user' | 'host' | 'given_at'>): string {
  return ` (${user} on ${host}, ${at})`;
}

/** Rates for people: `20 requests/s, 5,000 records/s`. */
export function describeRates(rates: Rates): string {
  const said = rateKeys.flatMap((key) => {
    const perSecond = rates[key];
    return perSecond === undefined
      ? []
      : [`${formatCount(perSecond)} ${key.replace(/^max_|_per_second$/g, '')}/s`];
  });
  return said.length === 0 ? 'without a limit' : `at most ${said.join(', ')}`;
}
