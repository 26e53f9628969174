/** How sure a bound is. */
export const CONFIDENCE = 0.95;

const halvings = 60;

/**
 * What share of all records is wrong at most, with 95 % confidence, when `wrong` of `checked` drawn at random are:
 * the exact (Clopper-Pearson) one-sided bound. Without a wrong one it is about 3 / `checked`. Nothing checked proves
 * nothing: 1.
 */
export function provenBound(wrong: number, checked: number): number {
  if (checked === 0 || wrong >= checked) return 1;
  if (wrong === 0) return 1 - (1 - CONFIDENCE) ** (1 / checked);
  let low = wrong / checked;
  let high = 1;
  for (let halving = 0; halving < halvings; halving += 1) {
    const middle = (low + high) / 2;
    if (chanceOfAtMost(wrong, checked, middle) > 1 - CONFIDENCE) low = middle;
    else high = middle;
  }
  return high;
}

/** The chance that at most `wrong` of `drawn` are wrong when the share `share` of all is. */
function chanceOfAtMost(wrong: number, drawn: number, share: number): number {
  const odds = Math.log(share) - Math.log1p(-share);
  let logTerm = drawn * Math.log1p(-share);
  let logSum = logTerm;
  for (let at = 1; at <= wrong; at += 1) {
    logTerm += Math.log(drawn - at + 1) - Math.log(at) + odds;
    const larger = Math.max(logSum, logTerm);
    logSum = larger + Math.log(Math.exp(logSum - larger) + Math.exp(logTerm - larger));
  }
  return Math.exp(logSum);
}
