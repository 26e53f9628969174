export const demoModes = ['simple', 'union', 'generic', 'custom'] as const;
export type DemoMode = (typeof demoModes)[number];
export type DemoColumn = 'name' | 'id' | 'dob' | 'ssn';

export const demoClm = 'D01_SKYFLOW_POC.SKYFLOW_POC.CLM';
export const demoMbr = 'D01_SKYFLOW_POC.SKYFLOW_POC.MBR';
const udfs = {
  name: 'T01_PROTEGRITY.SCRTY_ACS_CNTRL.SKFL_MBR_NAME_DETOK',
  id: 'T01_PROTEGRITY.SCRTY_ACS_CNTRL.SKFL_MBR_IDENTIFIERS_DETOK',
  dob: 'T01_PROTEGRITY.SCRTY_ACS_CNTRL.SKFL_BIRTHDATE_DETOK',
  ssn: 'T01_PROTEGRITY.SCRTY_ACS_CNTRL.SKFL_SSN_DETOK',
};
const clmColumns = {
  name: ['SRC_MBR_FRST_NM', 'SRC_MBR_LAST_NM', 'SRC_MBR_MID_INIT_NM'],
  id: ['SRC_ENRLMNT_ID', 'SRC_HC_ID', 'SRC_SBSCRBR_ID'],
  dob: ['SRC_MBR_BRTH_DT'],
  ssn: ['SRC_MBR_SSN'],
};
const mbrColumns = {
  name: ['FRST_NM', 'LAST_NM', 'MID_INIT_NM'],
  id: ['SRC_ENRLMNT_ID', 'HC_ID', 'SBSCRBR_ID'],
  dob: ['BRTH_DT'],
  ssn: ['SSN'],
};
const memberColumn = { name: 'LAST_NM', id: 'HC_ID', dob: 'BRTH_DT', ssn: 'SSN' };

/** A vault's own SQL for mode custom: members only, rows without a value or token and duplicates included. */
export function customQuery(column: DemoColumn): string {
  const source = memberColumn[column];
  return `SELECT ${source}, ${source}_TOKEN FROM ${demoMbr}`;
}

/**
 * What a vault must hold after a load: SQL of the sandbox's engine itself, with columns `v` and `t`. It is written
 * apart from the queries that the load sends, so that a mistake in those shows.
 */
export function expectedPairs(mode: DemoMode, column: DemoColumn): string {
  switch (mode) {
    case 'simple': {
      const source = column === 'name' ? 'FULL_NAME' : column.toUpperCase();
      const value = column === 'name' ? 'UPPER(FULL_NAME)' : `CAST(${source} AS VARCHAR)`;
      return `SELECT DISTINCT ${value} AS v, ${source}_TOKEN AS t FROM ELEVANCE.PUBLIC.PATIENTS WHERE ${source} IS NOT NULL AND t IS NOT NULL`;
    }
    case 'union':
      return `SELECT v, ${udfs[column]}(v) AS t FROM (SELECT DISTINCT v FROM (${everywhere(column)})) WHERE v IS NOT NULL`;
    case 'generic':
      return `SELECT DISTINCT v, t FROM (${everywhere(column)}) WHERE v IS NOT NULL AND t IS NOT NULL`;
    case 'custom': {
      const source = memberColumn[column];
      return `SELECT CAST(${source} AS VARCHAR) AS v, ${source}_TOKEN AS t FROM ${demoMbr} WHERE v IS NOT NULL AND t IS NOT NULL`;
    }
    default:
      return mode satisfies never;
  }
}

/** Every value of a vault's columns in both tables, with the token beside it. */
function everywhere(column: DemoColumn): string {
  const from = (table: string) => (source: string) =>
    `SELECT CAST(${source} AS VARCHAR) AS v, ${source}_TOKEN AS t FROM ${table}`;
  return [...clmColumns[column].map(from(demoClm)), ...mbrColumns[column].map(from(demoMbr))].join(
    ' UNION ALL ',
  );
}
