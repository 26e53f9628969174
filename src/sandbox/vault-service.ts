import { randomUUID } from 'node:crypto';
import { AccessControl } from './access-control.js';
import { HANG, type Outcome, RESET, spoilAnswer, whole } from './answer-faults.js';
import { type Body, type Delivery, type Exchange, readBody } from './exchange.js';
import { drawLatency, hits, type Random, seededRandom } from './seeded-random.js';
import { Gate } from './gate.js';
import type { InsertResult } from './insert-routes.js';
import { isJsonObject } from './merge-options.js';
import type { LiveOptions } from './options.js';
import { performRoute } from './perform-route.js';
import { isInsert, kindOfRoute, type Route, routeOf } from './routes.js';
import { Timers } from './timers.js';
import { type Ending, Traffic } from './traffic.js';
import { type Reply, refusalReply, replyOfOthers, VaultRefusal } from './vault-reply.js';
import { VaultStore } from './vault-store.js';

/** A request that has been read. */
interface Arrived {
  readonly query: string;
  readonly body: Exclude<Body, 'gone'>;
  readonly authorization: string | undefined;
  readonly accountId: string | undefined;
}

/** A request whose body has been understood. */
interface Asked {
  readonly query: string;
  readonly body: unknown;
  /** Whether no text of the body needs escaping in JSON. */
  readonly isPlain: boolean;
}

/** What a vault service is made from. */
export interface ServiceSettings {
  readonly options: LiveOptions;
  readonly seed: number;
  readonly keep: 'records' | 'digest' | 'counts';
  /** Cuts every connection and stops listening for a time. */
  readonly closePorts: (durationMs: number) => void;
}

/**
 * The vault behind the listeners. A request goes through these stages, and a fault ends it at its own: body read
 * to its end, cut or hung before the effect, outage, authorisation, rate limits, first part of the latency, error
 * before the effect, the effect itself (in one synchronous step), rest of the latency, cut or spoilt answer. A
 * client that leaves after its request was read does not stop the effect.
 */
export class VaultService {
  readonly traffic = new Traffic();
  readonly store: VaultStore;
  readonly access: AccessControl;
  readonly #settings: ServiceSettings;
  readonly #delays = new Timers();
  readonly #lateCommits = new Timers();
  readonly #served = new WeakMap<object, number>();
  #options: LiveOptions;
  #random: Random;
  #gate = new Gate();
  #latestInsert: Reply | undefined;

  constructor(settings: ServiceSettings) {
    this.#settings = settings;
    this.#options = structuredClone(settings.options);
    this.#random = seededRandom(settings.seed);
    this.store = new VaultStore(settings.keep);
    this.access = new AccessControl(this.#options);
  }

  /** The options in force; the `next` of each fault is what is left of it. */
  get options(): LiveOptions {
    return this.#options;
  }

  get pendingCommits(): number {
    return this.#lateCommits.size;
  }

  setOptions(options: LiveOptions): void {
    this.#options = options;
    this.access.setOptions(options);
  }

  /** Lets one more service account ask for tokens, from now on and after every reset. */
  addServiceAccount(account: LiveOptions['serviceAccounts'][number]): void {
    this.#settings.options.serviceAccounts.push(account);
    this.setOptions({ ...this.#options, serviceAccounts: [...this.#options.serviceAccounts, account] });
  }

  /** Empties the vaults, forgets counts and pending commits, and goes back to the options of the start. */
  reset(): void {
    this.#lateCommits.clear();
    this.store.clear();
    this.traffic.reset();
    this.#random = seededRandom(this.#settings.seed);
    this.#gate = new Gate();
    this.#latestInsert = undefined;
    this.setOptions(structuredClone(this.#settings.options));
  }

  /** Forgets everything that has not happened yet. */
  stop(): void {
    this.#delays.clear();
    this.#lateCommits.clear();
  }

  /** Serves one request; never rejects. */
  async serve(exchange: Exchange): Promise<void> {
    this.traffic.begin(exchange.httpVersion);
    exchange.onClose(() => this.traffic.end());
    const body = await readBody(exchange.body, this.#options.maxBatchBytes);
    if (body === 'gone') {
      this.traffic.ended('unread', 'gone');
      return;
    }
    const [path = '', query = ''] = exchange.target.split('?', 2);
    let routeName = 'unknown';
    let outcome: Outcome;
    try {
      const route = routeOf(exchange.method, path);
      routeName = route.name;
      const { authorization, accountId } = exchange;
      outcome = await this.#answer(route, { query, body, authorization, accountId });
    } catch (error) {
      outcome = whole(
        this.#refused(error, path.startsWith('/v2/') ? this.#options.flow.errorForm : 'envelope'),
      );
    }
    const delivery = this.#announceClose(exchange.connection, outcome.delivery);
    this.traffic.ended(routeName, endingOf(outcome.reply, delivery));
    const { requestId } = exchange;
    const isEchoed =
      this.#options.echoRequestId && requestId !== undefined && /^[\w.-]{1,128}$/u.test(requestId);
    exchange.deliver(outcome.reply, isEchoed ? requestId : randomUUID(), delivery);
  }

  async #answer(route: Route, arrived: Arrived): Promise<Outcome> {
    const hasFaults = this.#options.faultRoutes.includes(kindOfRoute(route));
    if (hasFaults) {
      const obstacle = this.#meetObstacle();
      if (obstacle !== undefined) return obstacle;
      this.#gate.passOutage(this.#options, this.#random);
    }
    const inserts = isInsert(route);
    const { cutAboveBytes } = this.#options;
    const { body } = arrived;
    if (inserts && cutAboveBytes > 0 && (body === 'too_large' || body.text.length > cutAboveBytes))
      return RESET;
    if (route.name !== 'token') this.access.authorise(arrived, inserts ? 'insert' : 'other');
    const request = { ...this.#parse(route, arrived.body), query: arrived.query };
    if (!hasFaults) return finished(this.#perform(route, request, hasFaults));

    this.#gate.passLimits(this.#options, inserts ? recordCount(request.body) : 0, this.#random);
    const latency = drawLatency(this.#options.latency, this.#random);
    await this.#wait(latency.beforeMs);
    const { errorBefore } = this.#options;
    if (hits(errorBefore, this.#random)) return whole(replyOfOthers(errorBefore));
    const result = this.#perform(route, request, hasFaults);
    await this.#wait(latency.afterMs);
    if (result === 'lost') return RESET;
    return spoilAnswer(inserts ? this.#orStale(result) : result, this.#options, this.#random);
  }

  /** The answer to the insert before instead of this one's own. */
  #orStale(reply: Reply): Reply {
    const before = this.#latestInsert;
    this.#latestInsert = reply;
    return before !== undefined && hits(this.#options.staleAnswer, this.#random) ? before : reply;
  }

  #meetObstacle(): Outcome | undefined {
    const { portClosed, resetBefore, hangBefore } = this.#options;
    if (hits(portClosed, this.#random)) {
      this.#settings.closePorts(portClosed.durationMs);
      return RESET;
    }
    if (hits(resetBefore, this.#random)) return RESET;
    return hits(hangBefore, this.#random) ? HANG : undefined;
  }

  #parse(route: Route, body: Arrived['body']): Pick<Asked, 'body' | 'isPlain'> {
    if (body === 'too_large') {
      const { tooLargeStatus, maxBatchBytes } = this.#options;
      throw new VaultRefusal(tooLargeStatus, `Request size exceeds the limit of ${maxBatchBytes} bytes`);
    }
    const needsNone =
      route.name === 'get' || route.name === 'get_record' || (route.name === 'delete' && body.text === '');
    if (needsNone) return { body: undefined, isPlain: false };
    if (route.name === 'upload' || route.name === 'upload_named') return { body: body.text, isPlain: false };
    try {
      // JSON in which nothing is escaped holds no text that needs to be.
      return { body: JSON.parse(body.text) as unknown, isPlain: !body.text.includes('\\') };
    } catch {
      throw new VaultRefusal(400, 'Invalid request. The body is no JSON');
    }
  }

  #perform(route: Route, request: Asked, hasFaults: boolean): InsertResult {
    return performRoute(route, request, {
      options: this.#options,
      random: this.#random,
      store: this.store,
      isPlain: request.isPlain,
      access: this.access,
      hasFaults,
      onStored: (count) => this.traffic.stored(count),
      later: (delayMs, effect) => this.#lateCommits.after(delayMs, () => this.#commitLate(effect)),
    });
  }

  #commitLate(effect: () => void): void {
    try {
      effect();
    } catch (error) {
      // Nobody is left to be told that the records are refused by now.
      if (!(error instanceof VaultRefusal)) throw error;
    }
  }

  #refused(error: unknown, form: LiveOptions['flow']['errorForm']): Reply {
    const refusal =
      error instanceof VaultRefusal
        ? error
        : new VaultRefusal(500, `Defect of the sandbox: ${String(error)}`);
    return refusalReply(refusal, {
      asText: hits(this.#options.textError, this.#random),
      form,
      errorFromClient: this.#options.errorFromClient,
    });
  }

  /** Closes the connection with this answer when it has served as many requests as it may. */
  #announceClose(connection: object, delivery: Delivery): Delivery {
    const { keepAliveRequests } = this.#options;
    if (keepAliveRequests === 0 || delivery.kind !== 'whole') return delivery;
    const served = (this.#served.get(connection) ?? 0) + 1;
    this.#served.set(connection, served);
    return served >= keepAliveRequests ? { kind: 'whole', close: 'announced' } : delivery;
  }

  #wait(delayMs: number): Promise<void> | undefined {
    if (delayMs === 0) return undefined;
    return new Promise((resolve) => this.#delays.after(delayMs, resolve));
  }
}

function finished(result: InsertResult): Outcome {
  return result === 'lost' ? RESET : whole(result);
}

function recordCount(body: unknown): number {
  const records = isJsonObject(body) ? (body['records'] ?? body['data']) : undefined;
  return Array.isArray(records) ? records.length : 0;
}

function endingOf(reply: Reply, delivery: Delivery): Ending {
  switch (delivery.kind) {
    case 'whole':
    case 'dribble':
      return reply.status;
    case 'half':
      return 'cut';
    case 'reset':
      return 'reset';
    case 'hang':
      return 'hung';
    default:
      return delivery satisfies never;
  }
}
