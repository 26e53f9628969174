import { productVersion } from '../../../src/product/product-version.js';

/** `version`: prints it. */
export function versionCommand(): number {
  process.stdout.write(`${productVersion}\n`);
  return 0;
}
