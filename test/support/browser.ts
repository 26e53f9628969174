import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** The system's own; none is downloaded. */
const program = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find((file) => existsSync(file));

/** Options of a test that needs a browser: skipped, by name, where there is none. */
export const needsBrowser = program === undefined ? { skip: 'needs Chromium' } : {};

/** One that shows nothing to anybody. Root may only start it without its sandbox. */
export async function startBrowser(): Promise<Browser & AsyncDisposable> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({
    ...(program === undefined ? {} : { executablePath: program }),
    args,
  });
  return Object.assign(browser, { [Symbol.asyncDispose]: () => browser.close() });
}
