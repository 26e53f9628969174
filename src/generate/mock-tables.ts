import { createMockRow, type MockStamp } from './mock-rows.js';

/** A table with rows to be made. */
export interface MockTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** The row of a record number, one text for each column; no value of a column occurs in another row. */
  readonly rowOf: (record: number) => string[];
}

/** Which tables: the one of mode simple, or claims and members, without tokens (union) or with them (generic). */
export interface MockLayout {
  readonly mode: 'simple' | 'union' | 'generic';
  readonly table: string;
  readonly clmTable: string;
  readonly mbrTable: string;
}

const patientColumns = { full_name: 'name', id: 'id', dob: 'dob', ssn: 'ssn' } as const;
const claimColumns = {
  SRC_MBR_FRST_NM: 'name',
  SRC_MBR_LAST_NM: 'name',
  SRC_MBR_MID_INIT_NM: 'name',
  SRC_ENRLMNT_ID: 'id',
  SRC_HC_ID: 'id',
  SRC_SBSCRBR_ID: 'id',
  SRC_MBR_BRTH_DT: 'dob',
  SRC_MBR_SSN: 'ssn',
} as const;
const memberColumns = {
  FRST_NM: 'name',
  LAST_NM: 'name',
  MID_INIT_NM: 'name',
  SRC_ENRLMNT_ID: 'id',
  HC_ID: 'id',
  SBSCRBR_ID: 'id',
  BRTH_DT: 'dob',
  SSN: 'ssn',
} as const;

/** Columns of one kind in claims and members: each has record numbers of its own. */
const columnsOfAKind = 6;
/** The most records that have rows of their own. */
export const MAX_MOCK_RECORDS = Math.floor(2 ** 32 / columnsOfAKind);

interface TableRequest {
  readonly name: string;
  /** The kind of values of each column. */
  readonly kinds: Readonly<Record<string, string>>;
  /** What a column's name and that of the tokens beside it differ by; undefined: there are no tokens. */
  readonly tokenSuffix: string | undefined;
  /** Record numbers of a kind that one row takes, and which of them the first column of that kind has. */
  readonly stride: number;
  readonly firstSlot: number;
}

/** The tables of a query mode, with the columns that its queries read. */
export function mockTables(layout: MockLayout, stamp: MockStamp): MockTable[] {
  const { mode, table, clmTable, mbrTable } = layout;
  if (mode === 'simple') {
    const kinds = patientColumns;
    return [tableOf({ name: table, kinds, tokenSuffix: '_token', stride: 1, firstSlot: 0 }, stamp)];
  }
  const both = { tokenSuffix: mode === 'generic' ? '_TOKEN' : undefined, stride: columnsOfAKind };
  return [
    tableOf({ ...both, name: clmTable, kinds: claimColumns, firstSlot: 0 }, stamp),
    tableOf({ ...both, name: mbrTable, kinds: memberColumns, firstSlot: columnsOfAKind / 2 }, stamp),
  ];
}

function tableOf({ name, kinds, tokenSuffix, stride, firstSlot }: TableRequest, stamp: MockStamp): MockTable {
  const taken = new Map<string, number>();
  const columns = Object.entries(kinds).map(([column, kind]) => {
    const slot = taken.get(kind) ?? firstSlot;
    taken.set(kind, slot + 1);
    const make = createMockRow(kind, stamp);
    return { column, rowOf: (record: number) => make(record * stride + slot) };
  });
  return {
    name,
    columns: columns.flatMap(({ column }) =>
      tokenSuffix === undefined ? [column] : [column, `${column}${tokenSuffix}`],
    ),
    rowOf: (record) =>
      columns.flatMap(({ rowOf }) => {
        const { value, token } = rowOf(record);
        return tokenSuffix === undefined ? [value] : [value, token];
      }),
  };
}
