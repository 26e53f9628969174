import { parseArgs } from 'node:util';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { StopRequests } from './stop-requests.js';

/** One flag of a benchmark. */
export interface ScriptOption {
  /** With two dashes. */
  readonly name: string;
  /** What stands for the value in the help; undefined for a flag that is on or off. */
  readonly placeholder?: string;
  readonly description: string;
}

/** A benchmark as its help and its parser know it. */
export interface ScriptDefinition {
  /** As `npm run` calls it. */
  readonly name: string;
  readonly description: string;
  /** With what it does by default, on two quiet cores. Said before it begins. */
  readonly lasts: string;
  /** What stands beside the flags; undefined when nothing may. */
  readonly operand?: string;
  readonly options: readonly ScriptOption[];
  /** Resolves with the exit status. */
  readonly run: (context: ScriptContext) => Promise<number>;
}

/** What a script's body is given. */
export interface ScriptContext {
  readonly values: ScriptValues;
  readonly stop: StopRequests;
  /** For what is happening, on stderr. */
  readonly progress: (line: string) => void;
  /** For the result, on stdout. */
  readonly result: (text: string) => void;
  /** For what must be known with the result: lines on stdout, wrapped. */
  readonly notes: (...lines: readonly string[]) => void;
}

const helpWidth = 80;

/** The help of a script, at most 80 columns wide. */
export function helpOf({ name, description, lasts, operand, options }: ScriptDefinition): string {
  const terms = options.map(({ name: flag, placeholder }) =>
    placeholder === undefined ? flag : `${flag} ${placeholder}`,
  );
  const indent = Math.max(...terms.map((term) => term.length), '--help'.length) + 4;
  const rows = options.map(
    (option, at) =>
      `  ${(terms[at] ?? '').padEnd(indent - 2)}${wrapText(option.description, helpWidth - indent).join(`\n${' '.repeat(indent)}`)}`,
  );
  const usage = `npm run ${name} -- [FLAGS]${operand === undefined ? '' : ` ${operand}`}`;
  return [
    ...wrapText(`${description} It takes ${lasts}.`, helpWidth),
    '',
    `Usage: ${usage}`,
    '',
    ...rows,
    `  ${'--help'.padEnd(indent - 2)}This text.`,
    '',
  ].join('\n');
}

/**
 * Runs a benchmark from argv to the exit status: help, wrong flags (2), what the body returns, 130 or 143 when a
 * signal stopped it. The first signal lets the body end in an orderly way; a second is passed on to what it runs.
 */
export async function runScript(definition: ScriptDefinition, argv: readonly string[]): Promise<void> {
  const stop = new StopRequests();
  try {
    const values = parse(definition, argv);
    if (values === 'help') {
      process.stdout.write(helpOf(definition));
      return;
    }
    process.stderr.write(`${definition.name} takes ${definition.lasts}\n`);
    process.exitCode = await definition.run({
      values,
      stop,
      progress: (line) => process.stderr.write(`${line}\n`),
      result: (text) => process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
      notes: (...lines) => {
        const wrapped = lines.flatMap((line) => wrapText(line, helpWidth, '  '));
        process.stdout.write(`\n${wrapped.join('\n')}\n`);
      },
    });
  } catch (error) {
    process.exitCode = stop.exitStatus ?? (isMistake(error) ? 2 : 1);
    process.stderr.write(stop.exitStatus === undefined ? describe(error, definition.name) : 'stopped\n');
  } finally {
    stop.close();
  }
}

function isMistake(error: unknown): boolean {
  return error instanceof SuperviseError && (error.code === 'usage' || error.code === 'config');
}

function describe(error: unknown, name: string): string {
  if (!(error instanceof SuperviseError)) {
    return `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
  }
  const hint = error.hint ?? (error.code === 'usage' ? `See: npm run ${name} -- --help` : undefined);
  const lines = [
    ...wrapText(`error: ${error.message}`, helpWidth, '  '),
    ...(hint ?? '')
      .split('\n')
      .flatMap((line) => (line === '' ? [] : wrapText(`  ${line}`, helpWidth, '  '))),
  ];
  return `${lines.join('\n')}\n`;
}

function parse(definition: ScriptDefinition, argv: readonly string[]): ScriptValues | 'help' {
  const options = Object.fromEntries(
    definition.options.map(({ name, placeholder }) => [
      name.slice(2),
      { type: placeholder === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { ...options, help: { type: 'boolean' } },
      allowPositionals: definition.operand !== undefined,
    });
    if (values.help === true) return 'help';
    if (positionals.length > 1) throw new TypeError(`only one ${definition.operand ?? ''} can be given`);
    return new ScriptValues(new Map(Object.entries(values)), positionals[0]);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new SuperviseError('usage', error.message.split('. ')[0] ?? error.message, { cause: error });
  }
}

/** The flags of a script as they were given, read by kind; each reader throws `usage` that names flag and range. */
class ScriptValues {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly operand: string | undefined;

  constructor(values: ReadonlyMap<string, unknown>, operand: string | undefined) {
    this.#values = values;
    this.operand = operand;
  }

  on(flag: string): boolean {
    return this.#values.get(flag.slice(2)) === true;
  }

  text(flag: string): string | undefined {
    const value = this.#values.get(flag.slice(2));
    return typeof value === 'string' ? value : undefined;
  }

  wholeNumber(flag: string, min: number, max: number): number | undefined {
    const text = this.text(flag);
    return text === undefined ? undefined : readNumber(flag, text, min, max);
  }

  /** A list with commas between. */
  wholeNumbers(flag: string, min: number, max: number): readonly number[] | undefined {
    return this.text(flag)
      ?.split(',')
      .map((text) => readNumber(flag, text.trim(), min, max));
  }

  /** A list of words with commas between. */
  words(flag: string): readonly string[] | undefined {
    const words = this.text(flag)
      ?.split(',')
      .map((word) => word.trim());
    if (words?.includes('') === true) throw new SuperviseError('usage', `${flag}: found an empty name`);
    return words;
  }
}

function readNumber(flag: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text.replaceAll('_', '')) ? Number(text.replaceAll('_', '')) : Number.NaN;
  if (value >= min && value <= max) return value;
  const found = text.length <= 20 ? JSON.stringify(text) : `${text.length} characters`;
  throw new SuperviseError('usage', `${flag}: found ${found}; allowed: a whole number, ${min} to ${max}`);
}

/** A text as lines of at most `width` columns, all but the first behind `indent`. */
export function wrapText(text: string, width = 80, indent = ''): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(word);
    else if (last.length + 1 + word.length > width) lines.push(indent + word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** Of what is sent. */
export const workersOption: ScriptOption = {
  name: '--concurrency',
  placeholder: 'N',
  description: 'Workers (default: 32).',
};
export const batchSizeOption: ScriptOption = {
  name: '--batch-size',
  placeholder: 'N',
  description: 'Records of a request (default: 300).',
};

/** Of what is printed. */
export const jsonOption: ScriptOption = { name: '--json', description: 'One JSON document on stdout.' };
export const markdownOption: ScriptOption = {
  name: '--markdown',
  description: 'Print the table in Markdown.',
};
