/** @param {ArrayLike<number>} values @param {number} share 0.5: the median @returns {number} that value of them which so many are below */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** @param {number} share of `count` that were looked at @param {number} count @returns {number} its standard error (binomial) */
export const shareError = (share, count) => Math.sqrt((share * (1 - share)) / count);
