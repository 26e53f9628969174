import type { GivenTo, Surroundings } from '../../command-line/define-command.js';
import type { help } from './definition.js';
import { helpFor } from './help-text.js';

/** `help [TOPIC]`: prints a page. */
export function helpCommand({ topic }: GivenTo<typeof help>, { program }: Surroundings): number {
  process.stdout.write(helpFor(topic, program));
  return 0;
}
