/** Edits between two words: insert, delete, replace, or swap two neighbours. */
function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (swapped) best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[other.length] ?? 0;
}

const plain = (word: string) => word.toLowerCase().replaceAll(/[-_]/g, '');

/**
 * The candidate that was probably meant by `word`: the nearest one within a third of its length, case, `-` and
 * `_` aside. Undefined when nothing is near.
 */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  let nearest: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(plain(word), plain(candidate));
    const bound = Math.max(1, Math.floor(Math.max(plain(word).length, plain(candidate).length) / 3));
    if (
      distance <= bound &&
      distance < plain(candidate).length &&
      distance < (nearest?.distance ?? Infinity)
    ) {
      nearest = { candidate, distance };
    }
  }
  return nearest?.candidate;
}
