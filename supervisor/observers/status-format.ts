import * as z from 'zod';
import { vaultStatusSchema } from '../../src/protocol/messages.js';
import { snapshotSchema } from '../../src/figures/snapshot.js';
import { machineStateSchema } from '../../src/store/machine-state.js';
import { VAULT_PHASES } from '../run/vault-state.js';

const count = z.int().nonnegative();

/** `status.json`: where a run stands. Keys that a later version adds are passed over. */
export const runStatusSchema = z.object({
  format_version: z.literal(1),
  run_id: z.string(),
  /** Of the supervisor. */
  pid: count,
  updated_at: z.iso.datetime(),
  vaults: z.array(
    z.object({
      name: z.string(),
      /** Of its present process. */
      pid: count.nullable(),
      phase: z.enum(VAULT_PHASES),
      snapshot: snapshotSchema.optional(),
      status: vaultStatusSchema.optional(),
      message: z.string().optional(),
      waitsFor: z.enum(['credential', 'go']).optional(),
      restarts: count,
    }),
  ),
  /** Of a run that several machines work on: who, on what, and how fast. */
  machines: z.array(machineStateSchema).optional(),
});
export type RunStatus = z.infer<typeof runStatusSchema>;
