import type { ScriptOption } from './script.js';

/** Of what is sent. */
export const workersOption: ScriptOption = {
  name: '--concurrency',
  placeholder: 'N',
  description: 'Workers (default: 32).',
};
export const batchSizeOption: ScriptOption = {
  name: '--batch-size',
  placeholder: 'N',
  description: 'Records of a request (default: 300).',
};

/** Of what is printed. */
export const jsonOption: ScriptOption = { name: '--json', description: 'One JSON document on stdout.' };
export const markdownOption: ScriptOption = {
  name: '--markdown',
  description: 'Print the table in Markdown.',
};
