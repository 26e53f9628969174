import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { Asker } from '../ask/asker.js';
import { toDetachedSchema, type FromDetached, type ToDetached } from './offline-messages.js';

/**
 * The line of a detached process to the one at the terminal. Until `goOn` the terminal's process decides: when it goes
 * away, so does this one (`onLost`). Afterwards there is no line any more, and sending does nothing.
 */
export class TerminalLink {
  readonly #onLost: () => void;
  readonly #waiting: ((message: ToDetached) => void)[] = [];
  readonly #arrived: ToDetached[] = [];

  constructor(onLost: () => void) {
    this.#onLost = onLost;
    process.on('message', (raw) => {
      const message = toDetachedSchema.parse(raw);
      // From here on it may leave, at once.
      if (message.type === 'go') process.off('disconnect', this.#onLost);
      const take = this.#waiting.shift();
      if (take === undefined) this.#arrived.push(message);
      else take(message);
    });
    process.once('disconnect', this.#onLost);
  }

  /** The next message of this type; messages come in an agreed order. */
  async next<Type extends ToDetached['type']>(type: Type): Promise<Extract<ToDetached, { type: Type }>> {
    const message =
      this.#arrived.shift() ?? (await new Promise<ToDetached>((take) => this.#waiting.push(take)));
    if (!isOfType(message, type))
      throw new SuperviseError('protocol', `the message ${message.type} came instead of ${type}`);
    return message;
  }

  /** Hands a message on; resolves when it is on its way. */
  async send(message: FromDetached): Promise<void> {
    if (!process.connected) return;
    await new Promise<void>((resolve) => {
      process.send?.(message, undefined, undefined, () => resolve());
    });
  }

  /** Cuts the line for good. */
  cut(): void {
    process.off('disconnect', this.#onLost);
    if (process.connected) process.disconnect();
  }

  /** Questions go to the person at the terminal. */
  asker(canAsk: boolean): Asker {
    const ask = async (kind: 'secret' | 'text', question: string): Promise<string | undefined> => {
      await this.send({ type: 'ask', kind, question });
      const { text, declined } = await this.next('answer');
      if (declined) throw new SuperviseError('interrupted', 'stopped at a question; nothing was started');
      return text;
    };
    return {
      canAsk: () => canAsk && process.connected,
      secret: (question) => ask('secret', question),
      text: (question) => ask('text', question),
    };
  }
}

function isOfType<Type extends ToDetached['type']>(
  message: ToDetached,
  type: Type,
): message is Extract<ToDetached, { type: Type }> {
  return message.type === type;
}
