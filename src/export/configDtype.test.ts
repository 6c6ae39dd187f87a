import { expect, test } from 'vitest';
import { withDtype, withoutQuantization, withoutTies, withVocabulary } from './configDtype.ts';

test('a configuration tells the dtype of the merged weights, under its old and its new name', () => {
  const config = `{
  "dtype": "bfloat16",
  "layer_norm_eps": 1e-05,
  "text_config": {"torch_dtype" : null, "theta": 10000.0},
  "note": "\\"dtype\\": \\"bfloat16\\"",
  "other_dtype": "bfloat16"
}
`;
  expect(withDtype(config, 'float32')).toBe(`{
  "dtype": "float32",
  "layer_norm_eps": 1e-05,
  "text_config": {"torch_dtype" : "float32", "theta": 10000.0},
  "note": "\\"dtype\\": \\"bfloat16\\"",
  "other_dtype": "bfloat16"
}
`);
});

test('weights in the dtypes of the base leave its configuration as it is', () => {
  const config = '{"dtype": "bfloat16"}';
  expect(withDtype(config, 'base')).toBe(config);
});

test('quantization_config goes, wherever it stands, and nothing else does', () => {
  const quantized = '"quantization_config": {"a": [1, "}\\""], "b": {"c": 1.0}}';
  expect(withoutQuantization(`{"x": 1.0, ${quantized}}`)).toBe('{"x": 1.0}');
  expect(withoutQuantization(`{${quantized}, "x": 1.0}`)).toBe('{"x": 1.0}');
  expect(withoutQuantization(`{\n  "t": {${quantized}},\n  "quantization_config": null\n}`)).toBe(
    '{\n  "t": {}\n}',
  );
  expect(withoutQuantization('{"x": [1, 2]}')).toBe('{"x": [1, 2]}');
});

test('a configuration tells that the head is its own, at its top where nothing told', () => {
  const nested = '{\n  "text_config": {"tie_word_embeddings": true},\n  "eps": 1.0\n}';
  expect(withoutTies('{"a": 1.0, "tie_word_embeddings": true}')).toBe(
    '{"a": 1.0, "tie_word_embeddings": false}',
  );
  expect(withoutTies(nested)).toBe(
    '{\n  "tie_word_embeddings": false,\n  "text_config": {"tie_word_embeddings": false},\n  "eps": 1.0\n}',
  );
  expect(withoutTies('{}')).toBe('{"tie_word_embeddings": false}');
  expect(withoutTies('{"eps": 1e-05}')).toBe('{"tie_word_embeddings": false, "eps": 1e-05}');
});

test('a configuration tells the number of words wherever it did', () => {
  expect(withVocabulary('{"text_config": {"vocab_size": 32}, "eps": 1.0}', 34)).toBe(
    '{"text_config": {"vocab_size": 34}, "eps": 1.0}',
  );
  expect(withVocabulary('{"eps": 1.0}', 34)).toBe('{"vocab_size": 34, "eps": 1.0}');
});
