const MAX_NAMES_DESCRIBED = 20;

/**
 * The names of columns that were found and are not the wanted ones, in words: how many and how long they are, and never
 * what they are. Where a header is missing they are the first record.
 */
export function describeNames(names: readonly string[]): string {
  const lengths = names.slice(0, MAX_NAMES_DESCRIBED).map((name) => Array.from(name).length);
  const more = names.length > lengths.length ? ', …' : '';
  return `of ${lengths.join(', ')}${more} characters, not shown because they may be a record`;
}

/** Whether a name is another one but for what is easily written in another way. */
export function isAlike(one: string, other: string): boolean {
  return bare(one) === bare(other);
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
