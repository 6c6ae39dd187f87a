interface PickerOptions {
  suggestedName?: string;
  mode?: 'readwrite';
}

declare global {
  interface Window {
    showSaveFilePicker?(options?: PickerOptions): Promise<FileSystemFileHandle>;
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
