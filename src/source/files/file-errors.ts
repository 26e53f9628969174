import { SuperviseError, systemCode } from '../../errors/supervise-error.js';

/** A place in a file of an input, as an editor shows it: `line` counts from 1. */
export interface FilePlace {
  readonly path: string;
  readonly line: number;
}

/** An error at a line of a file. `problem` must not quote the file: cells are records. */
export function errorAt({ path, line }: FilePlace, problem: string, hint?: string): SuperviseError {
  return new SuperviseError('source', `${path}, line ${line}: ${problem}`, { hint });
}

/** An error about a whole file. */
export function errorIn(path: string, problem: string, hint?: string, cause?: unknown): SuperviseError {
  return new SuperviseError('source', `${path} ${problem}`, { hint, cause });
}

/** A failure of the system while reading, with its code. */
export function readFailure(path: string, error: unknown): SuperviseError {
  return errorIn(path, `cannot be read (${systemCode(error) ?? 'unknown error'})`, undefined, error);
}
