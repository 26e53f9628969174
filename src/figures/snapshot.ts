import * as z from 'zod';
import type { Figure } from './figure.js';
import { FIGURES, type figures, type FigureName } from './figures.js';

type Schemas = { readonly [Name in FigureName]: (typeof figures)[Name]['schema'] };

/**
 * Where one vault stands. Rows are cumulative over restarts and resumes (they come from the journal); what processes count
 * is of one process when it leaves it, and of all that a command has started for the vault in the supervisor.
 */
export const snapshotSchema = z.strictObject(ofEach(({ schema }) => schema) as Schemas);
export type VaultSnapshot = Readonly<z.infer<typeof snapshotSchema>>;

/** Where a vault stands that never reported. */
export const NOTHING_YET = ofEach(({ none }) => none) as VaultSnapshot;

/** Those of a kind: what the ledger and the source know, or what a process counts one by one. */
type NameOf<By extends Figure['by']> = {
  [Name in FigureName]: (typeof figures)[Name] extends { readonly by: By } ? Name : never;
}[FigureName];
export type RecordFigures = Pick<VaultSnapshot, NameOf<'ledger'>>;
export type CountedFigure = NameOf<'counting'>;

/** A vault by its processes before, and by the present one, which knows nothing of rows before it has opened the journal. */
export function after(before: VaultSnapshot, now: VaultSnapshot): VaultSnapshot {
  const knowsNothing = now.read === 0 && before.read > 0;
  return ofEach((figure, name) =>
    figure.by === 'ledger' && knowsNothing ? before[name] : figure.after(before[name], now[name]),
  ) as VaultSnapshot;
}

/** All of them together: vaults, or the parts of one. */
export function together(snapshots: readonly VaultSnapshot[]): VaultSnapshot {
  const [first = NOTHING_YET, ...others] = snapshots;
  return others.reduce(
    (sum, one) => ofEach((figure, name) => figure.beside(sum[name], one[name])) as VaultSnapshot,
    first,
  );
}

function ofEach<Value>(what: (figure: Figure, name: FigureName) => Value): Record<FigureName, Value> {
  return Object.fromEntries(FIGURES.map(([name, figure]) => [name, what(figure, name)])) as Record<
    FigureName,
    Value
  >;
}
