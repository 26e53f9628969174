import * as z from 'zod';

/** A key for the command whose output is the secret `of` beside it: `password_command` for `password`. */
export function secretCommand(of: string, what: string, flag?: string) {
  return z
    .string()
    .max(10_000)
    .optional()
    .meta({
      description: `Command for the shell whose output is ${what}; instead of \`${of}\`.`,
      commandFor: of,
      placeholder: 'COMMAND',
      allowed: 'a command for the shell',
      ...(flag === undefined ? {} : { flag }),
    });
}
