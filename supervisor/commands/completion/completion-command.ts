import type { CompletionCommand } from '../../command-line/command.js';
import { bashCompletion } from './bash-completion.js';
import { fishCompletion } from './fish-completion.js';
import { zshCompletion } from './zsh-completion.js';

const program = 'skyflow-supervise';
const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `completion SHELL`: prints the script of a shell, made from the tables of commands and flags. */
export function completionCommand({ shell }: CompletionCommand): number {
  process.stdout.write(scripts[shell](program));
  return 0;
}
