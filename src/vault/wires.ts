import { createBulkWire } from './bulk-wire.js';
import { createFlowWire } from './flow/flow-wire.js';
import { createRecordWire } from './record-wire.js';
import type { WireKind } from './wire.js';

const kinds = {
  /** One table and many records, all or none. */
  bulk: { create: createBulkWire },
  /** Each record on its own. */
  record: { create: createRecordWire },
  /** Each on its own in a Flow vault. */
  flow: {
    create: createFlowWire,
    hosts: /\.skyvault\.skyflowapis(?:-[a-z]+)?\.[a-z]+$/i,
    beginsWithOne: true,
  },
} satisfies Record<string, WireKind>;

/** How records are put into a request. */
export type WireName = keyof typeof kinds;

/** Every wire that there is: who adds one adds it above, and nowhere else. */
export const wires: Readonly<Record<WireName, WireKind>> = kinds;
export const wireNames = Object.keys(kinds) as [WireName, ...WireName[]];
