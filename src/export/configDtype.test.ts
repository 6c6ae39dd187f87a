import { expect, test } from 'vitest';
import { withDtype, withoutQuantization } from './configDtype.ts';

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
