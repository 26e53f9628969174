import { defineCommand } from '../../command-line/define-command.js';

export const version = defineCommand({
  name: 'version',
  summary: 'the version',
  description: 'Shows the version.',
  options: {},
  examples: ['skyflow-supervise version'],
  hidden: true,
});
