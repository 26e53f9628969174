import { SuperviseError } from '../errors/supervise-error.js';

/** One mistake in the configuration. No part of it holds a secret. */
export interface ConfigurationProblem {
  /** The key, `performance.batch_size`; the file's name where the file as a whole is wrong. */
  readonly key: string;
  /** What is there, a secret by its length. */
  readonly found: string;
  readonly allowed: string;
  /** The key or value that was probably meant, or what to do. */
  readonly suggestion?: string | undefined;
  /** Where it was found: the origin of the setting, if it has one. */
  readonly where?: string | undefined;
}

function renderProblem({ key, found, allowed, suggestion, where }: ConfigurationProblem): string {
  const place = where === undefined ? '' : ` (${where})`;
  const advice = suggestion === undefined ? '' : `; ${suggestion}`;
  return `${key}${place}: found ${found}; allowed: ${allowed}${advice}`;
}

/** Wrong configuration: every mistake that was found, one a line. */
export class ConfigurationError extends SuperviseError {
  readonly problems: readonly ConfigurationProblem[];

  constructor(
    problems: readonly ConfigurationProblem[],
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    const lines = problems.map((problem) => `  ${renderProblem(problem)}`);
    const head =
      problems.length === 1
        ? 'there is a mistake in the configuration:'
        : `there are ${problems.length} mistakes in the configuration:`;
    super('config', [head, ...lines].join('\n'), options);
    this.problems = problems;
  }
}

/** A value as it may be shown in a message: secrets and long texts by their length only. */
export function describeFound(value: unknown, secret = false): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') {
    if (value === '') return 'an empty text';
    return secret || value.length > 32 ? describeLength(value) : `the text ${JSON.stringify(value)}`;
  }
  if (secret) return `a ${typeof value} where a text is expected`;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : `a ${typeof value}`;
}

/** A text by its length, never by its content. */
export function describeLength(text: string): string {
  return `a text of ${text.length} character${text.length === 1 ? '' : 's'}`;
}
