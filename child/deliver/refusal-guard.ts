import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { OutsideText } from '../../src/outside/outside-text.js';
import type { Part } from './part.js';

const batchesToJudge = 3;

/** What records were refused with: in words of ours, and in the vault's own, which are compared and not shown. */
export interface BatchRefusal {
  readonly message: string;
  readonly said?: OutsideText | undefined;
}

/**
 * Tells a configuration error from bad data: while nothing has ever been uploaded, batches that are refused as a
 * whole and alike are held back instead of being settled as failures; the third one stops the vault. The first
 * upload, or the end of the source, lets go of what is held.
 */
export class RefusalGuard {
  readonly #vaultName: string;
  #armed: boolean;
  #words: string | undefined;
  #batches = 0;
  #held: Part[] = [];
  readonly #isProvenElsewhere: () => boolean;

  /** `isProvenElsewhere`: somebody else has uploaded a record for this target and run. */
  constructor(
    vaultName: string,
    options: { uploadedBefore: number; isProvenElsewhere?: (() => boolean) | undefined },
  ) {
    this.#vaultName = vaultName;
    this.#armed = options.uploadedBefore === 0;
    this.#isProvenElsewhere = options.isProvenElsewhere ?? (() => false);
  }

  get armed(): boolean {
    return this.#armed && !this.#isProvenElsewhere();
  }

  /** Holds the refused parts of one batch; throws when that is one batch too many. */
  hold(parts: readonly Part[], { message, said }: BatchRefusal): void {
    this.#held.push(...parts);
    const words = (said?.forErrorLog() ?? message).replace(/\d+/g, '#');
    if (this.#words !== undefined && this.#words !== words) this.#armed = false;
    this.#words = words;
    this.#batches += 1;
    if (!this.armed || this.#batches < batchesToJudge) return;
    throw new SuperviseError(
      'refused',
      `vault ${this.#vaultName}: every record of the first ${batchesToJudge} batches was refused alike: ${message}`,
      {
        hint: this.#holdsRowsBetween()
          ? 'The vault holds the rows between them already, so this looks like these records, not like the configuration. Nothing was settled; when the reason is mended, in the vault or in the source, go on with `resume`.'
          : 'This looks like the configuration (column, table, byot, upsert), not like data. Nothing was settled; mend it and go on with `resume`.',
      },
    );
  }

  /** With `skip_existing`: rows of the same batches were found in the vault, by this configuration. */
  #holdsRowsBetween(): boolean {
    return this.#held.some(({ batch }) => batch.skipped.some(({ reason }) => reason === 'already_there'));
  }

  /** What was held, to be settled as failures now; nothing is held any more afterwards. */
  letGo(): Part[] {
    this.#armed = false;
    return this.#held.splice(0);
  }

  /** What was held, because the vault stops: to be given back, unless it may be in the vault. */
  giveBack(): Part[] {
    return this.#held.splice(0);
  }
}
