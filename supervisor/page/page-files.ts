import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from '../../src/product/product.js';

/** What the build makes of `browser/`: one script with the chart library in it, and one style sheet. */
export interface PageFiles {
  readonly script: string;
  readonly style: string;
}

export async function readPageFiles(): Promise<PageFiles> {
  const read = (name: string): Promise<string> => readFile(join(packageFolder, 'dist', 'page', name), 'utf8');
  const [script, style] = await Promise.all([read('page.js'), read('page.css')]);
  return { script, style };
}
