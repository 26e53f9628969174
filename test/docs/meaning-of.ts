import type { Flag } from '../../supervisor/command-line/flag.js';
import { program } from '../../supervisor/commands/program.js';

/** What a flag means, and what it means for the commands where that is something else. */
export function meaningOf({ name, description }: Flag): string {
  const others = program.offered.flatMap(({ name: command, meanings }) => {
    const meaning = meanings?.[name];
    return meaning === undefined ? [] : [`For ${command}: ${meaning}`];
  });
  return [description, ...others].join(' ');
}
