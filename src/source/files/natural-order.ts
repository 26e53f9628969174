/** Names as people count them: `part_2` before `part_10`. Names that differ never compare as equal. */
export function inNaturalOrder(one: string, other: string): number {
  const [left, right] = [one.split(/(\d+)/), other.split(/(\d+)/)];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const [a = '', b = ''] = [left[at], right[at]];
    const order = at % 2 === 0 ? byCharacters(a, b) : byValue(a, b);
    if (order !== 0) return order;
  }
  return left.length - right.length || byCharacters(one, other);
}

/** Digits of any number: the longer one is larger. */
function byValue(one: string, other: string): number {
  const [a, b] = [one, other].map((digits) => digits.replace(/^0+/, ''));
  if (a === undefined || b === undefined) return 0;
  return a.length - b.length || byCharacters(a, b);
}

function byCharacters(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
