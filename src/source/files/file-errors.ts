import { SuperviseError, systemCode } from '../../errors/supervise-error.js';

/** A place in a file of an input, as an editor shows it: `line` counts from 1. */
export interface FilePlace {
  readonly path: string;
  readonly line: number;
}

/** A line that cannot be read as it stands. What is wrong must not quote the file: cells are records. */
export class LineError extends SuperviseError {
  readonly place: FilePlace;
  /** Without its place. */
  readonly problem: string;

  constructor(place: FilePlace, problem: string, hint?: string) {
    super('source', `${place.path}, line ${place.line}: ${problem}`, { hint });
    this.place = place;
    this.problem = problem;
  }
}

/** A line that is no row, and whose end is certain: what follows it can be read. */
export class BadLine extends LineError {}

/** Who is told of bad lines by a reader that goes on behind them; what it throws ends the reading. */
export type OnBadLine = (line: BadLine) => void;

/** An error about a whole file. */
export function errorIn(path: string, problem: string, hint?: string, cause?: unknown): SuperviseError {
  return new SuperviseError('source', `${path} ${problem}`, { hint, cause });
}

/** A failure of the system while reading, with its code. */
export function readFailure(path: string, error: unknown): SuperviseError {
  return errorIn(path, `cannot be read (${systemCode(error) ?? 'unknown error'})`, undefined, error);
}
