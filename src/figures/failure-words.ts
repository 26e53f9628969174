/** Why a record stands in the error log, as people read it. */
export const failureWords = {
  rejected: 'refused',
  token_mismatch: 'under another token',
  token_unproven: 'token not proven',
  token_repeated: 'token not the only one',
  token_ambiguous: 'token not proven, nor the only one',
  token_conflict: 'token holds another value',
  in_doubt: 'answer unknown',
  unreachable: 'no answer',
} as const;
