/** Index of the largest value of each row [rows × width]; the first of equals. */
export function argmaxRows(values: Float32Array, width: number): number[] {
  return Array.from({ length: values.length / width }, (_, row) => {
    let best = 0;
    for (let k = 1; k < width; k++)
      if (values[row * width + k]! > values[row * width + best]!) best = k;
    return best;
  });
}

/** Share of predictions that equal the labels; 0 of none. */
export function accuracy(predicted: readonly number[], labels: ArrayLike<number>): number {
  const right = predicted.filter((each, i) => each === labels[i]).length;
  return right / Math.max(1, predicted.length);
}

/** F1 = 2·TP / (2·TP + FP + FN) of the class `positive`; 0 where it neither occurs nor is predicted. */
export function f1(
  predicted: readonly number[],
  labels: ArrayLike<number>,
  positive: number,
): number {
  let hits = 0;
  let misses = 0;
  predicted.forEach((each, i) => {
    if (each === positive && labels[i] === positive) hits++;
    else if (each === positive || labels[i] === positive) misses++;
  });
  return hits === 0 ? 0 : (2 * hits) / (2 * hits + misses);
}

/** exp(total negative log-likelihood / tokens). */
export function perplexity(nll: number, tokens: number): number {
  return Math.exp(nll / Math.max(1, tokens));
}

/** Share of answers of whose tokens each is the likeliest, 1 and not 0; 0 of none. */
export function exact(answers: readonly (readonly number[])[]): number {
  const right = answers.filter((tokens) => tokens.length > 0 && tokens.every((each) => each === 1));
  return right.length / Math.max(1, answers.length);
}

/**
 * Share of a question's probability that lies on its true answers: Σ_true p / Σ p with p = exp(log-likelihood)
 * (MC2 of TruthfulQA, Lin et al. 2022).
 */
export function trueMass(logLikelihoods: readonly number[], answers: readonly number[]): number {
  const most = logLikelihoods.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = logLikelihoods.map((each) => Math.exp(each - most));
  const total = weights.reduce((a, b) => a + b, 0);
  return answers.reduce((sum, i) => sum + (weights[i] ?? 0), 0) / total;
}

/** Log-likelihood of a continuation: −Σ of the losses [T − 1] that tell its tokens [from, to). */
export function logLikelihood(losses: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let token = from; token < to; token++) sum -= losses[token - 1] ?? 0;
  return sum;
}
