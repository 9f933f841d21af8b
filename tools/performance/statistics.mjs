// The median of a few values and its interval, computed as in host/bench/statistics.cpp.

const wantedConfidence = 0.95;

/** P(Binomial(count, 1/2) < rank). @param {number} count @param {number} rank */
function tail(count, rank) {
  let probability = 2 ** -count;
  let sum = 0;
  for (let chosen = 0; chosen < rank; chosen += 1) {
    sum += probability;
    probability *= (count - chosen) / (chosen + 1);
  }
  return sum;
}

/**
 * The smallest of the sorted values that at least this share of them does not exceed. @param {number[]} sorted @param {number}
 * share From 0 to 1.
 */
export function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

/** @param {number[]} values At least one. */
export function estimateMedian(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const count = sorted.length;
  let rank = 1;
  while (2 * (rank + 1) <= count && 1 - 2 * tail(count, rank + 1) >= wantedConfidence) rank += 1;
  const middle = Math.floor(count / 2);
  return {
    median: count % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2,
    low: sorted[rank - 1],
    high: sorted[count - rank],
    confidence: count < 2 ? 0 : 1 - 2 * tail(count, rank),
    count,
  };
}
