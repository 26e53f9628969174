import * as z from 'zod';
import { configurationSchema } from './schema.js';

const ownKeywords = [
  'flag',
  'placeholder',
  'flagGroup',
  'variables',
  'secret',
  'path',
  'file',
  'today',
  'commandFor',
  'allowed',
  'defaultText',
];

/** The JSON Schema (draft 7, which every editor knows) of the configuration file. */
export function configurationJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configurationSchema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      for (const keyword of ownKeywords) Reflect.deleteProperty(jsonSchema, keyword);
    },
  });
}
