import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser';

/** Where a text stops being JSON; line and column count from 1. */
export interface JsonError {
  readonly line: number;
  readonly column: number;
  /** What is expected there, without quoting content: the messages of JSON.parse quote it. */
  readonly reason: string;
}

/** The first mistake of a text that should be JSON; undefined when it is JSON. */
export function locateJsonError(text: string): JsonError | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    const { offset, reason } = firstError(text);
    const before = text.slice(0, offset).split(/\r\n|\n|\r/);
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, reason };
  }
}

function firstError(text: string): { readonly offset: number; readonly reason: string } {
  const errors: ParseError[] = [];
  try {
    parse(text, errors, { disallowComments: true });
  } catch (error) {
    if (error instanceof RangeError) return { offset: 0, reason: 'it is nested too deeply' };
    throw error;
  }
  const [first] = errors;
  if (first === undefined) return { offset: 0, reason: 'something that JSON does not have' };
  const { offset, error } = first;
  const reason = describe(printParseErrorCode(error), text.charAt(offset));
  return { offset, reason: text.slice(offset).trim() === '' ? `the file ends here, but ${reason}` : reason };
}

/** By the names that the parser has for mistakes; any other is about the value that stands there. */
const REASONS: Readonly<Record<string, string>> = {
  PropertyNameExpected: 'a key in double quotes is expected',
  ColonExpected: 'a colon is expected after the key',
  CommaExpected: 'a comma or the end is expected',
  CloseBraceExpected: 'a comma or } is expected',
  CloseBracketExpected: 'a comma or ] is expected',
  EndOfFileExpected: 'nothing more is expected after the value',
  InvalidCommentToken: 'JSON has no comments',
  UnexpectedEndOfComment: 'JSON has no comments',
  UnexpectedEndOfString: 'the text that begins here has no closing quote in its line',
  InvalidUnicode: 'the text that begins here has no such escape sequence; a backslash is \\\\',
  InvalidEscapeCharacter: 'the text that begins here has no such escape sequence; a backslash is \\\\',
  InvalidCharacter: 'a control character must be escaped in a text',
};

function describe(mistake: string, found: string): string {
  if (/(?:Name|Value)Expected$/.test(mistake) && /[}\]]/.test(found))
    return 'a comma before the end is not allowed';
  if (found === "'") return 'a text must be in double quotes';
  return REASONS[mistake] ?? 'a value is expected';
}
