import * as z from 'zod';
import { secretCommand } from './secret-command.js';

/** The section of loads over several machines. */
export const storeSchema = z
  .strictObject({
    url: z.string().max(10_000).optional().meta({
      description:
        'URL of a PostgreSQL database that holds the ledger of a load over several machines. Absent: the ledger is in the run directory, and this machine loads alone.',
      flag: '--store',
      flagGroup: 'machines',
      placeholder: 'URL',
      secret: true,
    }),
    url_command: secretCommand('url', 'the URL of the store'),
    url_file: z.string().optional().meta({
      file: 'secret',
      description: 'File that holds the URL of the store.',
      path: true,
      allowed: 'the path of a file',
    }),
    lanes: z.int().min(0).max(256).optional().meta({
      description:
        'Parts of vaults that this machine works on at the same time, each in a process of its own; 0 only hands them out and watches. Without a store: parts of each vault.',
      flag: '--lanes',
      flagGroup: 'machines',
      defaultText: 'the number of cores; without a store 1',
    }),
    shard_rows: z.int().min(1).max(1_000_000_000).default(1_000_000).meta({
      description: 'Rows of one part of a vault, which is worked on by one process at a time.',
    }),
    lease_ms: z.int().min(1_000).max(3_600_000).default(60_000).meta({
      description:
        'Milliseconds after which a machine that is not heard of loses its parts to others. Too short only costs look-ups.',
    }),
    permit_ttl_ms: z.int().min(100).max(30_000).default(2_000).meta({
      description:
        'Milliseconds for which a permission to send one request is good; whoever takes a part over waits so much longer before it asks the vault.',
    }),
    patience_ms: z.int().min(1_000).max(86_400_000).default(300_000).meta({
      description:
        'Milliseconds for which a database that cannot be reached is waited for; then whoever waited ends, resumable.',
    }),
  })
  .prefault({})
  .meta({ description: 'A load over several machines.' });
