import { isDeepStrictEqual } from 'node:util';
import type { RunControl, RunOrders } from '../../src/control/run-control.js';
import { ratesAt, type PaceWindow } from '../../src/config/pace-windows.js';
import { rateKeys, type Rates } from '../../src/config/rates.js';
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
    const who = orders === undefined ? '' : by(orders);
    if (!isPaused) {
      onNotice('info', `goes on${who}`);
      this.#helm.unpause();
      return;
    }
    const still = since === 'before' ? 'still ' : '';
    if (orders?.paused === true)
      onNotice('warn', `${still}paused${who}: nothing is sent until \`skyflow-supervise go\``);
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

function by({ user, host, given_at: at }: RunOrders): string {
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
