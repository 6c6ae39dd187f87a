export type { ImageEntry, ImageList } from './imageEntry.ts';
export { listImages } from './imageList.ts';
export { addressRemark, hasImages, previewImageRows } from './imageRows.ts';
export { imageProcessor, type Processor } from './imageProcessor.ts';
