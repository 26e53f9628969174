import { SuperviseError } from '../../errors/supervise-error.js';

/** Does all of it, one after the other, also when one fails; throws what failed, together. */
export async function doEach(work: readonly (() => Promise<void> | void)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const one of work) {
    try {
      await one();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw asOneError(errors);
}

/** One error that tells what each of these does; what is no error for people stands for all. */
export function asOneError(errors: readonly unknown[]): unknown {
  const told = new Map<string, SuperviseError>();
  for (const error of errors) {
    if (!(error instanceof SuperviseError)) return error;
    if (!told.has(error.message)) told.set(error.message, error);
  }
  const [first, ...others] = told.values();
  if (first === undefined || others.length === 0) return first;
  const hints = new Set([...told.values()].flatMap(({ hint }) => hint ?? []));
  return new SuperviseError(first.code, [...told.keys()].join('; '), {
    hint: hints.size === 0 ? undefined : [...hints].join(' '),
    cause: first,
  });
}
