import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { config, force } from '../../command-line/shared-options.js';

export const init = defineCommand({
  name: 'init',
  summary: 'ask a few questions and write a configuration',
  description:
    'Asks for what a load needs, tries it on the vault, and writes the configuration file. Needs a terminal. Never ' +
    'overwrites a file without asking or --force; secrets are left out unless wanted.',
  options: { config, force },
  examples: ['skyflow-supervise init', 'skyflow-supervise init --config config.prod.json'],
});

export type InitCommand = GivenTo<typeof init>;
