/** By the column of a vault: what the modes union and generic read of the tables CLM and MBR, written out by hand. */
export const modeColumns = {
  name: [
    ['SRC_MBR_FRST_NM', 'SRC_MBR_LAST_NM', 'SRC_MBR_MID_INIT_NM'],
    ['FRST_NM', 'LAST_NM', 'MID_INIT_NM'],
  ],
  id: [
    ['SRC_ENRLMNT_ID', 'SRC_HC_ID', 'SRC_SBSCRBR_ID'],
    ['SRC_ENRLMNT_ID', 'HC_ID', 'SBSCRBR_ID'],
  ],
  dob: [['SRC_MBR_BRTH_DT'], ['BRTH_DT']],
  ssn: [['SRC_MBR_SSN'], ['SSN']],
} satisfies Record<string, [string[], string[]]>;
