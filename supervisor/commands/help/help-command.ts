import type { GivenTo } from '../../command-line/define-command.js';
import type { Surroundings } from '../../command-line/program.js';
import type { help } from './definition.js';
import { helpFor } from './help-text.js';
import { terminalSize } from '../../view/run-view.js';
import { writeForPeople } from '../../view/write-for-people.js';
import { productVersion } from '../../../src/product/product.js';

/** `help [TOPIC]`: prints a page. */
export function helpCommand({ topic }: GivenTo<typeof help>, { program }: Surroundings): number {
  writeForPeople(
    process.stdout,
    helpFor(topic, program, process.stdout.isTTY ? terminalSize(process.stdout).columns : undefined),
  );
  return 0;
}

/** `version`: prints it. */
export function versionCommand(): number {
  writeForPeople(process.stdout, `${productVersion}\n`);
  return 0;
}
