import type { LabInfo, LabMask, LabModel, LabOverlap, LabVector } from './lab.ts';

/** `measured.json` of a demo: what a lab of its files told, measured beforehand by scripts/measureDemos.js. */
export interface Measured {
  /** Beginnings of the content ids of the files it was measured with, by path: all of the demo but itself. */
  files: Record<string, string>;
  info: LabInfo;
  models: {
    model: LabModel;
    /** Positions in scope that differ from the base. */
    changed: number;
    /** Numbers of tasks, with the test examples told right of all. */
    right: [task: number, right: number][];
  }[];
  /** By fine-tune. */
  vectors: LabVector[];
  overlaps: { masks: (LabMask | null)[]; overlap: LabOverlap }[];
}
