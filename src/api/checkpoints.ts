import type { ErrorKind } from '../errors.ts';
import type { DType } from '../tensor/dtype.ts';

/** What a checkpoint is, as its headers tell. */
interface CheckpointFacts {
  name: string;
  architecture: { id: string; label: string } | null;
  parameters: number;
  /** Dtypes by number of parameters, most first. */
  dtypes: DType[];
  /** Of a patch: content id of its base, and its task; `parameters` are those it holds. */
  patch: { base: string; task: string } | null;
  /** Of an adapter: its dialect, its largest rank, and its base's name where it tells. */
  adapter: { form: string; rank: number; base: string | null } | null;
  bytes: number;
  /** Whether its metadata tell how it was merged. */
  merged: boolean;
}

/** A checkpoint of the library. */
export interface CheckpointSummary extends CheckpointFacts {
  /** Content id: SHA-256 over the SHA-256s of fixed chunks, hex; another while it is `hashing`. */
  id: string;
  hashing: boolean;
  /** Stays the same when the content id becomes known. */
  key: string;
  /** What it was known by before. */
  formerIds: readonly string[];
  formerNames: readonly string[];
  /** Set when its weight files are used where they lie: whether the browser asks before it reads them, and why they cannot be read. */
  place: { asks: boolean; trouble: string | null } | null;
  tensors: number;
  sideFiles: string[];
  addedAt: number;
  /** When it was last marked as a base, milliseconds since 1970; null where it never was. */
  baseSince: number | null;
}

/** A dropped checkpoint that waits for its copy. */
export interface Candidate extends CheckpointFacts {
  /** Handle for `ingest`; valid until the next `inspect`. */
  key: string;
  /** Bytes already copied by an ingest that was cut off. */
  resumableBytes: number;
  /** Whether it can be used where it lies, without a copy. */
  placeable: boolean;
  /** Sentences on how its files were read, and what of them was left out. */
  notes: string[];
}

export interface Problem {
  path: string;
  kind: ErrorKind;
  message: string;
}

export interface InspectResult {
  candidates: Candidate[];
  problems: Problem[];
  recipes: { path: string; text: string }[];
}
