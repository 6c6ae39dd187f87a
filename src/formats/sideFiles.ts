import type { OpenedCheckpoint } from './checkpoint.ts';
import { folderOf, nameOf } from './fileRoles.ts';

type WithSides = Pick<OpenedCheckpoint, 'sideFiles' | 'parts'>;

/** The side files with their paths below the model's folder. */
export function sideFilesOf({ sideFiles, parts }: WithSides): { path: string; blob: Blob }[] {
  return sideFiles.map(({ path, blob }) => ({ path: parts ? path : nameOf(path), blob }));
}

/** The side files in the folder of a part, by name. */
export function sideFilesIn(checkpoint: WithSides, part = ''): Map<string, Blob> {
  const own = sideFilesOf(checkpoint).filter(({ path }) => folderOf(path) === part);
  return new Map(own.map(({ path, blob }) => [nameOf(path), blob]));
}
