import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { anyWords, type Option } from '../../command-line/option.js';
import { describeWord } from '../../command-line/usage-error.js';

const shells = ['bash', 'zsh', 'fish'] as const;

const shell: Option<(typeof shells)[number]> = {
  flags: [],
  operands: shells.join('|'),
  read: (words) => {
    const [word = ''] = words.operands;
    const found = shells.find((one) => one === word.toLowerCase());
    if (found !== undefined) return found;
    throw words.refusal(`completion: found ${describeWord(word)}; allowed: ${shells.join(', ')}`);
  },
};

export const completion = defineCommand({
  name: 'completion',
  summary: 'completion of commands and flags for a shell',
  description: 'Prints a script that completes commands, flags and their values in bash, zsh or fish.',
  options: { shell },
  examples: ['skyflow-supervise completion bash', 'skyflow-supervise completion zsh'],
});

export type CompletionCommand = GivenTo<typeof completion>;

/** What the scripts ask, at every press of the key: the words so far, the last one to be completed. */
export const complete = defineCommand({
  name: '__complete',
  summary: 'what could be typed next',
  description: 'Prints what could stand for the last one of the words. The scripts of `completion` ask it.',
  options: { typed: anyWords('[WORD...]') },
  examples: ['skyflow-supervise __complete -- load --vault '],
  hidden: true,
});
