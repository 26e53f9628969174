import { printable, printableJson } from '../../src/report/screen-text.js';
import { asTyped } from './as-typed.js';

interface Writable {
  write(text: string): unknown;
}

/**
 * The one way in which text goes to a person: nothing in it moves the cursor, sets a title or turns the reading direction,
 * whoever wrote it, and commands can be pasted as they stand. Views that do move the cursor clean their lines, and add to them.
 */
export function writeForPeople(stream: Writable, text: string): void {
  stream.write(printable(asTyped(text)));
}

/** A JSON document on stdout. */
export function writeDocument(content: unknown): void {
  process.stdout.write(`${printableJson(content)}\n`);
}
