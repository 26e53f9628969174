/**
 * What went wrong, for programs. Every error that reaches a person is a SuperviseError with one of these;
 * anything else that is thrown is a defect of this program and is reported as `internal`.
 */
export const ERROR_CODES = [
  /** Wrong command line. */
  'usage',
  /** Wrong configuration. */
  'config',
  /** The source cannot be read, or is not what it should be. */
  'source',
  /** The source is not the one that the run began with. */
  'input_changed',
  /** The vault holds what is to be loaded: another run, host or folder has loaded it. */
  'already_loaded',
  /** An upsert may give values that the vault holds other tokens, which nobody has allowed. */
  'token_change',
  /** The vault says 401: the credential is missing, wrong or expired. */
  'unauthorized',
  /** The vault says 403. */
  'forbidden',
  /** The vault says 404: unknown vault id or table. */
  'not_found',
  /** The vault refuses every record alike: a configuration error, not data. */
  'refused',
  /** The vault cannot be reached, or fails too often in a row. */
  'unavailable',
  /** More records failed than `max_errors` allows. */
  'too_many_errors',
  /** The run directory, journal or error log cannot be written or read. */
  'storage',
  /** Another process holds what this one needs. */
  'locked',
  /** Another process has taken over what this one worked on: it goes on there. */
  'fenced',
  /** Supervisor and child do not understand each other. */
  'protocol',
  /** A child ended without a result. */
  'crashed',
  /** A person or the system asked to stop. */
  'interrupted',
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * The one error family. `message` says what happened and where (vault, file, line, query id, request id) and
 * never holds a secret or a record; `hint` says what to do next.
 */
export class SuperviseError extends Error {
  override readonly name = 'SuperviseError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** The form in which an error crosses the process boundary. */
export interface ErrorFacts {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Errors of parsers quote what they could not read, which may be a record or a secret. */
const quotes = ({ name, message }: Error): boolean =>
  name.endsWith('ZodError') || (name === 'SyntaxError' && message.includes('JSON'));

/**
 * Any thrown value as facts; a foreign error keeps its message under the code `internal`, where it is not one of a
 * parser.
 */
export function errorFacts(error: unknown): ErrorFacts {
  if (error instanceof SuperviseError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    };
  }
  return {
    code: 'internal',
    message: foreignMessage(error),
  };
}

function foreignMessage(error: unknown): string {
  if (!(error instanceof Error)) return `something was thrown that is no error (${typeof error})`;
  return quotes(error)
    ? `${error.name} (its message quotes what was read, and is not shown)`
    : `${error.name}: ${error.message}`;
}

/** The system's code of a thrown value (`ENOENT`, `ECONNRESET`, …), looked for along the chain of causes. */
export function systemCode(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string' && !(at instanceof SuperviseError)) return at.code;
  }
  return undefined;
}
