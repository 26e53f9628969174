import { defineCommand } from '../../command-line/define-command.js';
import { optionalWord } from '../../command-line/option.js';

export const help = defineCommand({
  name: 'help',
  summary: 'help on a command or topic',
  description: 'Shows help on a command or topic.',
  options: { topic: optionalWord('[TOPIC]') },
  examples: ['skyflow-supervise help exit-status'],
});

export const version = defineCommand({
  name: 'version',
  summary: 'the version',
  description: 'Shows the version.',
  options: {},
  examples: ['skyflow-supervise version'],
  hidden: true,
});
