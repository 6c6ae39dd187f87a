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

/** The picker's handle, or null when the user closed it. */
async function picked<T>(handle: Promise<T>): Promise<T | null> {
  try {
    return await handle;
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') return null;
    throw thrown;
  }
}

/** What this browser can save to: a picked file, a picked folder. */
export const pickers = {
  file: () => 'showSaveFilePicker' in window,
  folder: () => 'showDirectoryPicker' in window,
};

export async function pickFile(suggestedName: string): Promise<FileSystemFileHandle | null> {
  return window.showSaveFilePicker ? picked(window.showSaveFilePicker({ suggestedName })) : null;
}

export async function pickFolder(): Promise<FileSystemDirectoryHandle | null> {
  return window.showDirectoryPicker
    ? picked(window.showDirectoryPicker({ mode: 'readwrite' }))
    : null;
}
