import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { foldLines } from '../../src/report/lay-out.js';
import { displayWidth } from '../../src/report/screen-text.js';

/** Of the terminal that everything must fit. */
export const narrowColumns = 40;

/** A command that is pasted, a single word: the terminal folds these by itself. */
export const isCopied = (line: string): boolean =>
  /^ *(?:(?:npx )?skyflow-supervise |tar -)|^\s*\S+$/.test(line);

/** What holds for the end of every command in a narrow terminal. */
export function assertNarrow(shown: readonly (readonly [argv: readonly string[], text: string])[]): void {
  for (const [argv, written] of shown) {
    // What is shown while something lasts, and is taken away again.
    const text = written.replaceAll(new RegExp(String.raw`[^\n\r]*\r\u001b\[K`, 'g'), '');
    const said = `$ skyflow-supervise ${argv.join(' ')}\n${text}`;
    for (const line of stripVTControlCharacters(text).split('\n'))
      assert.ok(displayWidth(line) <= narrowColumns || isCopied(line), `too wide: ${line}\n\n${said}`);
    const again = foldLines(text, narrowColumns).split('\n');
    const broken = text.split('\n').filter((line) => !again.includes(line));
    assert.deepEqual(broken, [], said);
    assert.doesNotMatch(text, /\n\n\n/, said);
    assert.doesNotMatch(
      text,
      /(?:requests|records)\/s\n +[\d.]/,
      `a figure is parted from its heading: ${said}`,
    );
    assert.doesNotMatch(text, /^ *[.,;:)\]]+$/m, `a line of a mark alone: ${said}`);
    assert.doesNotMatch(text, /^ *tar -\S+$/m, `broken within a command: ${said}`);
    assert.doesNotMatch(text, /^(?:[^`\n]*`[^`\n]*`)*[^`\n]*`[^`\n]*$/m, `broken within a command: ${said}`);
  }
}
