import { describe, expect, it } from 'vitest';
import type { DType } from '../tensor/dtype.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { quantizationOf, readQuantized } from './quantized.ts';

const tensor = (name: string, dtype: DType, shape: number[]): TensorInfo => ({
  ...{ name, dtype, shape, file: 0, start: 0, end: 0 },
});
const full = tensor('norm.weight', 'BF16', [16]);

describe('codes with scales are read as float32', () => {
  it.each([
    ['w.weight_scale_inv', 'F8_E4M3', [300, 200], [3, 2], [128, 128], 1],
    ['w.weight_scale_inv', 'F8_E4M3', [16, 24], [1, 1], [16, 24], 1],
    ['w.weight_scale', 'F8_E4M3', [16, 24], [], [16, 24], 1],
    ['w.weight_scale', 'F8_E5M2', [16, 24], [16, 1], [1, 24], 1],
    ['w.weight_scale', 'I8', [16, 24], [16], [1, 24], 1],
    ['w.SCB', 'I8', [16, 24], [16], [1, 24], 127],
    ['w.scale_weight', 'F8_E4M3', [16, 24], [], [16, 24], 1],
    ['w.scale', 'F8_E4M3', [300, 200], [3, 2], [128, 128], 1],
  ] as const)('%s of %s %j by %j', (name, dtype, shape, scaleShape, block, divisor) => {
    const scale = tensor(name, 'F32', [...scaleShape]);
    const idle = [tensor('w.input_scale', 'F32', []), tensor('w.weight_format', 'U8', [])];
    const marks = [tensor('w.scale_input', 'F32', []), tensor('scaled_fp8', 'F8_E4M3', [2])];
    const found = readQuantized(
      'm',
      [tensor('w.weight', dtype, [...shape]), scale, ...idle, ...marks, full],
      null,
    );
    expect(found.map((each) => each.name)).toEqual(['w.weight', 'norm.weight']);
    expect(found[0]).toMatchObject({ dtype: 'F32', codes: { dtype, scale, block, divisor } });
    expect(found[1]).toBe(full);
  });

  it('by the blocks that the configuration tells', () => {
    const tensors = [
      tensor('w.weight', 'F8_E4M3', [192, 64]),
      tensor('w.weight_scale_inv', 'F32', [2, 1]),
    ];
    const said = { method: 'fp8', block: [96, 64] as const };
    expect(readQuantized('m', tensors, said)[0]?.codes?.block).toEqual([96, 64]);
    const fits = [tensors[0]!, tensor('w.weight_scale_inv', 'F32', [5, 1])];
    expect(() => readQuantized('m', fits, null)).toThrow(
      /scales of w\.weight are of no kind that is read: F32 \[5, 1\] for \[192, 64\]/,
    );
  });
});

it.each([
  [
    'bitsandbytes, 4 bits',
    [tensor('w.weight', 'U8', [9, 1]), tensor('w.weight.absmax', 'F32', [1])],
  ],
  ['GPTQ or AWQ', [tensor('w.qweight', 'I32', [2, 4]), tensor('w.scales', 'F16', [1, 4])]],
  ['compressed-tensors, packed', [tensor('w.weight_packed', 'I32', [2, 4])]],
  [
    'codes with zero points',
    [
      tensor('w.weight', 'I8', [2, 4]),
      tensor('w.weight_scale', 'F32', [2, 1]),
      tensor('w.weight_zero_point', 'I8', [2, 1]),
    ],
  ],
  ['MXFP4', [tensor('e.down_proj_blocks', 'U8', [2, 4]), tensor('e.down_proj_scales', 'U8', [2])]],
] as const)('%s is refused by its name, with what to do', (name, tensors) => {
  expect(() => readQuantized('m.safetensors', [...tensors, full], null)).toThrow(
    new RegExp(
      `^m\\.safetensors is quantized \\(${name}\\), and packed codes do not merge: .*in Python: `,
    ),
  );
});

it('codes without scales are refused where the configuration says that they are quantized', () => {
  const codes = [tensor('w.weight', 'U8', [2, 4]), full];
  expect(readQuantized('m', codes, null)).toEqual(codes);
  const said = { method: 'quanto', block: null };
  expect(() => readQuantized('m', codes, said)).toThrow(/quantized \(quanto\)/);
  expect(readQuantized('m', [full], said)).toEqual([full]);
});

describe('codes beside scales that are not read are refused', () => {
  it.each([
    ['EETQ', ['w.weight', 'I8', [4, 2]], ['w.weight_scales', 'F16', [2]]],
    ['SmoothQuant', ['w.weight', 'I8', [2, 4]], ['w.dequant_scale', 'F32', [1]]],
    ['torchao', ['w._weight_qdata', 'F8_E4M3', [2, 4]], ['w._weight_scale', 'F32', [2, 1]]],
    ['NVFP4', ['w.weight', 'U8', [2, 4]], ['w.weight_scale', 'F8_E4M3', [2, 1]]],
    ['experts', ['e.up_proj', 'F8_E4M3', [2, 2, 4]], ['e.up_proj_scale_inv', 'F32', [2, 1, 1]]],
  ] as const)('%s', (_, [name, dtype, shape], [scale, scaleDtype, scaleShape]) => {
    const tensors = [
      tensor(name, dtype, [...shape]),
      tensor(scale, scaleDtype, [...scaleShape]),
      // Others that are read do not hide them.
      tensor('v.weight', 'F8_E4M3', [16, 24]),
      tensor('v.weight_scale', 'F32', []),
      full,
    ];
    expect(() => readQuantized('m', tensors, null)).toThrow(
      new RegExp(
        `^m is quantized \\(in a way that is not known here\\), .*do not merge: ${name}\\.`,
      ),
    );
  });

  it('float8 without scales, and scales of other layers, are left alone', () => {
    const plain = [
      tensor('w.weight', 'F8_E4M3', [2, 4]),
      tensor('norm.scale', 'BF16', [4]),
      tensor('position_ids', 'I64', [1, 8]),
      tensor('logit_scale', 'F32', []),
    ];
    expect(readQuantized('m', plain, null)).toEqual(plain);
  });

  it('the line to dequantize is one that the method has', () => {
    const codes = [tensor('w.weight', 'I8', [2, 4]), full];
    const refusal = (method: string) => () => readQuantized('m', codes, { method, block: null });
    expect(refusal('eetq')).toThrow(/torch\.eye\(layer\.in_features\)/);
    expect(refusal('bitsandbytes')).toThrow(/model\.dequantize\(\)/);
    expect(refusal('compressed-tensors')).toThrow(/CompressedTensorsConfig\(dequantize=True\)/);
  });

  it('tables of codes are told by the configuration alone', () => {
    const said = { method: 'vptq', block: null };
    const codes = [tensor('w.indices', 'I32', [2, 4]), tensor('w.bias', 'U8', [1, 1, 4, 4])];
    expect(() => readQuantized('m', codes, said)).toThrow(/quantized \(vptq\).*: w\.indices\./);
    expect(readQuantized('m', codes, null)).toEqual(codes);
  });
});

it('tensors that only look like companions are left alone', () => {
  const plain = [
    tensor('logit_scale', 'F32', []),
    tensor('w.weight', 'F32', [2, 2]),
    tensor('w.weight_scale', 'F32', [2]),
  ];
  expect(readQuantized('m', plain, null)).toEqual(plain);
});

it('the configuration tells the method and the blocks, or nothing', () => {
  const config = (found: unknown) => new Map([['quantization_config', found]]);
  const fp8 = new Map<string, unknown>([
    ['quant_method', 'fp8'],
    ['weight_block_size', [128, 64]],
  ]);
  expect(quantizationOf(config(fp8))).toEqual({ method: 'fp8', block: [128, 64] });
  expect(quantizationOf(config(new Map([['weight_block_size', [0, 'x']]])))).toEqual({
    ...{ method: 'as its configuration says', block: null },
  });
  for (const odd of [null, 'x', new Map(), config(3)]) expect(quantizationOf(odd)).toBeNull();
});
