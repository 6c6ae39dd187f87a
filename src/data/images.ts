export type { ImageEntry } from './imageEntry.ts';
export { listImages } from './imageList.ts';
export { imageProcessor, type Processor } from './imageProcessor.ts';
