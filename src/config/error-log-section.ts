import * as z from 'zod';
import { secretCommand } from './secret-command.js';

/** The section `error_log`. */
export const errorLogSection = z
  .strictObject({
    encrypt_to: z.string().max(10_000).optional().meta({
      description:
        'Recipient of age (`age1…`) to whom the values and tokens in error logs are encrypted; positions and reasons stay readable.',
      flag: '--encrypt-errors',
      placeholder: 'RECIPIENT',
      allowed: 'a recipient of age, which begins with age1',
    }),
    redact: z.boolean().default(false).meta({
      description:
        'Error logs hold positions and reasons, no values and tokens; `retry` reads the source again by position.',
      flag: '--redact-errors',
    }),
    redact_key_file: z.string().optional().meta({
      file: 'secret',
      description:
        'File with a key: redacted records carry an HMAC under it, against which `retry` checks what it reads. A load makes it, of 256 random bits, where it does not exist.',
      flag: '--redact-key',
      path: true,
      allowed: 'the path of a file of at least 16 bytes',
    }),
    redact_key: z.string().max(10_000).optional().meta({
      description: 'That key itself; meant for the environment.',
      secret: true,
    }),
    redact_key_command: secretCommand('redact_key', 'that key'),
    identity_file: z.string().optional().meta({
      file: 'secret',
      description: 'File with the private key of age that opens encrypted error logs, for `retry`.',
      flag: '--identity',
      placeholder: 'KEYFILE',
      path: true,
      allowed: 'the path of a file',
    }),
    identity: z.string().max(100_000).optional().meta({
      description: 'That private key itself; meant for the environment.',
      secret: true,
    }),
    identity_command: secretCommand('identity', 'that private key'),
  })
  .prefault({})
  .meta({ description: 'What error logs hold of records that failed.' });
