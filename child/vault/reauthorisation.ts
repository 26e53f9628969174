import { StaticCredential, type Credential } from '../../src/vault/credential/credential.js';
import type { TaskOptions } from '../task.js';
import { waitFor } from '../wait-for.js';

interface ReauthorisationOptions {
  readonly credential: Credential;
  /** Takes a token that somebody entered; absent where tokens come from a file or a service account. */
  readonly replace: ((token: string) => void) | undefined;
  /** How long a changed file is waited for. */
  readonly waitMs: number;
  readonly stopping: AbortSignal;
  /** Tells the supervisor, which may have somebody to ask. */
  readonly ask: (message: string) => void;
  /** Tells the supervisor that a changed file is waited for. */
  readonly awaitFile: () => void;
  /** Tells the supervisor that the waiting is over, however it ended. */
  readonly over: () => void;
}

const pollMs = 1_000;

/** What is done when this credential of a job is refused. */
export function openReauthorisation(
  credential: Credential,
  { job, stop, send }: Pick<TaskOptions, 'job' | 'stop' | 'send'>,
): Reauthorisation {
  const waitMs = job.skyflow.auth_wait_ms;
  return new Reauthorisation({
    credential,
    replace: credential instanceof StaticCredential ? (token) => credential.replace(token) : undefined,
    waitMs,
    stopping: stop.stopping,
    ask: (message) => void send({ type: 'unauthorized', message }),
    awaitFile: () => void send({ type: 'credential_awaited', waitMs }),
    over: () => void send({ type: 'credential_settled' }),
  });
}

/**
 * What happens when the vault refuses a credential that it took before: the vault pauses, because every worker ends
 * up waiting here, once for all. A person is asked where there is one, a changed file is waited for; no record fails
 * because of it.
 */
export class Reauthorisation {
  readonly #options: ReauthorisationOptions;
  #waiting: Promise<boolean> | undefined;
  #answer: ((token: string | undefined) => void) | undefined;

  constructor(options: ReauthorisationOptions) {
    this.#options = options;
  }

  /** True when there is another credential to try. */
  wait(message: string): Promise<boolean> {
    this.#waiting ??= this.#wait(message).finally(() => {
      this.#waiting = undefined;
      this.#options.over();
    });
    return this.#waiting;
  }

  /** The supervisor's answer: a token, or undefined when nobody can give one. */
  answer(token: string | undefined): void {
    this.#answer?.(token);
  }

  async #wait(message: string): Promise<boolean> {
    const { credential, replace, stopping, ask } = this.#options;
    const rejected = await credential.current(stopping).catch(() => '');
    if (replace === undefined) return this.#waitForFile(rejected);
    const token = await new Promise<string | undefined>((resolve) => {
      this.#answer = resolve;
      stopping.addEventListener('abort', () => resolve(undefined), { once: true });
      ask(message);
    });
    this.#answer = undefined;
    if (token === undefined || token === rejected) return false;
    replace(token);
    return true;
  }

  async #waitForFile(rejected: string): Promise<boolean> {
    const { credential, waitMs, stopping, awaitFile } = this.#options;
    const deadlineMs = performance.now() + waitMs;
    for (let polls = 0; ; polls += 1) {
      if (await credential.renew(rejected, stopping).catch(() => false)) return true;
      if (stopping.aborted || performance.now() + pollMs > deadlineMs) return false;
      if (polls === 0) awaitFile();
      await waitFor(pollMs, stopping).catch(() => undefined);
    }
  }
}
