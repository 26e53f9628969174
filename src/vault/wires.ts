import { flowKind } from './flow/flow-kind.js';
import { createBulkWire } from './v1/bulk-wire.js';
import { createRecordWire } from './v1/record-wire.js';
import { v1Routes } from './v1/v1-routes.js';
import type { WireKind } from './wire.js';

const v1 = { routes: v1Routes, title: '/v1 wire' };

const kinds = {
  /** One table and many records, all or none. */
  bulk: { ...v1, create: createBulkWire, form: 'one table and many records' },
  /** Each record on its own. */
  record: { ...v1, create: createRecordWire, form: 'record by record' },
  /** Each on its own in a Flow vault. */
  flow: flowKind,
} satisfies Record<string, WireKind>;

/** How records are put into a request. */
export type WireName = keyof typeof kinds;

/** Every wire that there is: who adds one adds it above, and nowhere else. */
export const wires: Readonly<Record<WireName, WireKind>> = kinds;
export const wireNames = Object.keys(kinds) as [WireName, ...WireName[]];

/** The keys of the section `skyflow` that are a wire's own; what is in them is known to that wire alone. */
export const wireKeys: object = Object.fromEntries(
  wireNames.flatMap((name) => Object.entries(wires[name].keys ?? {})),
);
