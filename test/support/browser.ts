import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions } from 'playwright-core';
import { programLimitMs } from './wait-until.js';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** The system's own; none is downloaded. */
const program = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find((file) => existsSync(file));

/** Options of a test that needs a browser: skipped, by name, where there is none. */
export const needsBrowser = program === undefined ? { skip: 'needs Chromium' } : {};

/** One that shows nothing to anybody, and waits as long as the tests do. Root may only start it without its sandbox. */
export async function startBrowser(): Promise<Browser & AsyncDisposable> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({
    ...(program === undefined ? {} : { executablePath: program }),
    args,
    timeout: programLimitMs,
  });
  const newPage = browser.newPage.bind(browser);
  return Object.assign(browser, {
    newPage: async (options?: BrowserContextOptions) => {
      const page = await newPage(options);
      page.setDefaultTimeout(programLimitMs);
      return page;
    },
    [Symbol.asyncDispose]: () => browser.close(),
  });
}
