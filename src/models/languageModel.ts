import { incompatible } from '../errors.ts';
import type { Batch, Heads, Tensor, Tf } from './block.ts';
import { given } from './layers.ts';
import { tokenEntropies } from './tokenEntropy.ts';
import { areLikeliest, tokenLosses } from './tokenLoss.ts';
import { laterBlock, type Parts, type Weights } from './weights.ts';

/** What heads of language models differ in. */
export interface WordHead {
  /** The last norm. */
  norm(tf: Tf, weights: Weights, x: Tensor): Tensor;
  /** Logits z are cap·tanh(z / cap). */
  cap?: number | null;
}

/** The heads of a language model. Keys: table [V, d], and what the norm reads. */
export function wordHeads(
  parts: Parts,
  { norm, cap = null }: WordHead,
): Pick<Heads, 'languageModel' | 'tokenEntropy' | 'greedyToken'> {
  const head = (id: string, tell: (tf: Tf, rows: Tensor, table: Tensor, batch: Batch) => Tensor) =>
    laterBlock(id, parts, (tf, weights, x, batch) => {
      const [size = 0, length = 0, width = 0] = x.shape;
      if (length < 2)
        throw incompatible('Texts of one token have no next token to predict. Give longer texts.');
      const before = tf.slice(x, [0, 0, 0], [size, length - 1, width]);
      const rows = tf.reshape(norm(tf, weights, before), [-1, width]);
      const told = tell(tf, rows, weights.get('table'), batch);
      return masked(tf, tf.reshape(told, [size, length - 1]), batch);
    });
  return {
    languageModel: () =>
      head('languageModel', (tf, rows, table, batch) =>
        tokenLosses(tf, rows, table, targetsOf(tf, batch), { cap }),
      ),
    tokenEntropy: () =>
      head('tokenEntropy', (tf, rows, table) => tokenEntropies(tf, rows, table, { cap })),
    greedyToken: () =>
      head('greedyToken', (tf, rows, table, batch) =>
        areLikeliest(tf, rows, table, targetsOf(tf, batch)),
      ),
  };
}

/** The next tokens of all rows, one after another. */
const targetsOf = (tf: Tf, batch: Batch) => tf.reshape(next(tf, given(batch, 'ids')), [-1]);

/** [B, T] to [B, T − 1]: without the first of each row. */
function next(tf: Tf, values: Tensor): Tensor {
  const [size = 0, length = 0] = values.shape;
  return tf.slice(values, [0, 1], [size, length - 1]);
}

function masked(tf: Tf, values: Tensor, { attention }: Batch): Tensor {
  return attention ? tf.mul(values, next(tf, attention)) : values;
}
