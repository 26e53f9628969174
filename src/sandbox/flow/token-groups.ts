/** One token of a cell, as answers of Flow vaults have it. */
export interface GroupToken {
  readonly token: string;
  readonly tokenGroupName: string;
}

/**
 * The tokens of a cell, one in each group. The stored token is that of `own`; those of the other groups are made of it
 * (`group:token`), so that they need not be stored.
 */
export function tokensOf(stored: string, own: string, groups: readonly string[]): GroupToken[] {
  return groups.map((group) => ({
    token: group === own ? stored : `${group}:${stored}`,
    tokenGroupName: group,
  }));
}

/** The stored tokens that a token may stand for, with the group that it then is of; undefined: that of the cell. */
export function storedTokensOf(
  token: string,
  groups: readonly string[],
): readonly { readonly stored: string; readonly group: string | undefined }[] {
  const made = groups.flatMap((group) =>
    token.startsWith(`${group}:`) ? [{ stored: token.slice(group.length + 1), group }] : [],
  );
  return [{ stored: token, group: undefined }, ...made];
}
