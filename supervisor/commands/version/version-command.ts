import { productVersion } from '../../../src/run/product-version.js';

/** `version`: prints it. */
export function versionCommand(): number {
  process.stdout.write(`${productVersion}\n`);
  return 0;
}
