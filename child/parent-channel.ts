import { SuperviseError } from '../src/errors/supervise-error.js';
import { parseMessage, toChildSchema, type FromChild, type ToChild } from '../src/protocol/messages.js';
import { productVersion } from '../src/product/product.js';

/**
 * The child's end of the line to its supervisor. Messages are validated on arrival; a job from another version
 * of this program is refused. `orphaned` aborts when the supervisor is gone.
 */
export class ParentChannel {
  readonly #orphaned = new AbortController();
  readonly #waiting: ((message: ToChild) => void)[] = [];
  readonly #arrived: ToChild[] = [];
  #onMessage: ((message: ToChild) => void) | undefined;
  #onMalformed: ((error: SuperviseError) => void) | undefined;
  #malformed: SuperviseError | undefined;

  readonly #orphan = (): void => {
    this.#orphaned.abort(new SuperviseError('interrupted', 'the supervisor is gone'));
  };

  constructor() {
    process.on('message', (raw) => {
      this.#receive(raw);
    });
    process.once('disconnect', this.#orphan);
  }

  get orphaned(): AbortSignal {
    return this.#orphaned.signal;
  }

  /** From now on every message goes to `listen`, those that have arrived first. */
  subscribe(listen: (message: ToChild) => void, onMalformed: (error: SuperviseError) => void): void {
    this.#onMessage = listen;
    this.#onMalformed = onMalformed;
    for (const message of this.#arrived.splice(0)) listen(message);
  }

  /** The first message. Rejects when it is malformed, or when the supervisor goes away before it. */
  async next(): Promise<ToChild> {
    const ready = this.#arrived.shift();
    if (ready !== undefined) return ready;
    if (this.#malformed !== undefined) throw this.#malformed;
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      this.#onMalformed = reject;
      this.orphaned.addEventListener('abort', () => reject(this.orphaned.reason as Error), { once: true });
    });
  }

  /** Hands a message to the operating system; resolves when it is on its way, or when nobody listens any more. */
  async send(message: FromChild): Promise<void> {
    if (!process.connected) return;
    await new Promise<void>((resolve) => {
      process.send?.(message, undefined, undefined, () => resolve());
    });
  }

  /** Lets the process end by itself. */
  close(): void {
    process.off('disconnect', this.#orphan);
    if (process.connected) process.disconnect();
  }

  #receive(raw: unknown): void {
    const parsed = parseMessage(toChildSchema, raw);
    if ('malformedAt' in parsed) {
      const where = parsed.malformedAt;
      this.#malformed = new SuperviseError(
        'protocol',
        `a malformed message from the supervisor (at ${where})`,
      );
      this.#onMalformed?.(this.#malformed);
      return;
    }
    const { message } = parsed;
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting(message);
    else if (this.#onMessage !== undefined) this.#onMessage(message);
    else this.#arrived.push(message);
  }
}

/** Throws when the job was made by another version of this program. */
export function assertSameVersion(version: string): void {
  if (version === productVersion) return;
  throw new SuperviseError(
    'protocol',
    `the supervisor is version ${version}, this child is ${productVersion}`,
    {
      hint: 'The installation changed while a run was under way: stop the run and start it again with `resume`.',
    },
  );
}
