import { join } from 'node:path';
import type * as z from 'zod';
import { SuperviseError } from '../errors/supervise-error.js';
import { acquireLock } from '../journal/lock.js';
import { writeFileAtomically } from '../system/write-file.js';
import { readPrivateIfThere } from '../trust/open-private.js';
import {
  nextOrders,
  orderAnswerSchema,
  runOrdersSchema,
  type Order,
  type OrderAnswer,
  type RunControl,
  type RunOrders,
} from './run-control.js';

const lockWaitMs = 5_000;

/** Orders in `control.json` of the run's directory, the answer beside it; both are replaced as a whole. */
export class FileControl implements RunControl {
  readonly #ordersFile: string;
  readonly #answerFile: string;

  constructor(runDirectory: string) {
    this.#ordersFile = join(runDirectory, 'control.json');
    this.#answerFile = join(runDirectory, 'control_answer.json');
  }

  orders(): Promise<RunOrders | undefined> {
    return readDocument(this.#ordersFile, runOrdersSchema);
  }

  async give(order: Order): Promise<RunOrders> {
    const lock = await acquireLock(`${this.#ordersFile}.lock`, {
      waitMs: lockWaitMs,
      describe: 'the orders of this run',
    });
    try {
      const orders = nextOrders(await this.orders(), order, new Date());
      await writeFileAtomically(this.#ordersFile, `${JSON.stringify(orders)}\n`, { durable: true });
      return orders;
    } finally {
      await lock.release();
    }
  }

  answer(answer: OrderAnswer): Promise<void> {
    return writeFileAtomically(this.#answerFile, `${JSON.stringify(answer)}\n`);
  }

  answered(): Promise<OrderAnswer | undefined> {
    return readDocument(this.#answerFile, orderAnswerSchema);
  }
}

async function readDocument<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readPrivateIfThere(file);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text), { jitless: true });
  } catch (error) {
    throw new SuperviseError('storage', `${file} is not what this version writes there`, { cause: error });
  }
}
