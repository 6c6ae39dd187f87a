/** Bits of one element for every dtype of the safetensors format. */
export const dtypeBits = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
} as const;

export type DType = keyof typeof dtypeBits;

/** The dtypes whose values merge; tensors of the others are copied from the base. */
export const mergeableDtypes = ['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'] as const;

export type MergeableDType = (typeof mergeableDtypes)[number];

export function isDType(name: string): name is DType {
  return Object.hasOwn(dtypeBits, name);
}

export function isMergeable(dtype: DType): dtype is MergeableDType {
  return (mergeableDtypes as readonly DType[]).includes(dtype);
}
