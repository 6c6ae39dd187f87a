import { readHandles, type DroppedFile } from '../ui/fileDrop.ts';

interface PickerOptions {
  suggestedName?: string;
  mode?: 'read' | 'readwrite';
  multiple?: boolean;
}

declare global {
  interface Window {
    showSaveFilePicker?(options?: PickerOptions): Promise<FileSystemFileHandle>;
    showOpenFilePicker?(options?: PickerOptions): Promise<FileSystemFileHandle[]>;
    showDirectoryPicker?(options?: PickerOptions): Promise<FileSystemDirectoryHandle>;
  }
}

/** The picker's handle, or null when the user closed it or the browser has none. */
async function picked<T>(handle: Promise<T> | undefined): Promise<T | null> {
  try {
    return (await handle) ?? null;
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') return null;
    throw thrown;
  }
}

export async function pickFile(suggestedName: string): Promise<FileSystemFileHandle | null> {
  return picked(window.showSaveFilePicker?.({ suggestedName }));
}

export async function pickFolder(): Promise<FileSystemDirectoryHandle | null> {
  return picked(window.showDirectoryPicker?.({ mode: 'readwrite' }));
}

/** Whether the browser's pickers give handles, by which files can be used in place. */
export const canPickHandles = 'showOpenFilePicker' in window && 'showDirectoryPicker' in window;

/** The files the user picks with their handles, or those of a folder; none when the picker was closed. */
export async function pickFiles(what: 'files' | 'folder'): Promise<DroppedFile[]> {
  if (what === 'files')
    return readHandles((await picked(window.showOpenFilePicker?.({ multiple: true }))) ?? []);
  const folder = await picked(window.showDirectoryPicker?.({ mode: 'read' }));
  return folder ? readHandles([folder]) : [];
}
