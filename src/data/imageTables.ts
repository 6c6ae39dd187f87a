const pathColumns = ['path', 'file', 'filename', 'file_name', 'image', 'image_path', 'filepath'];
const nameColumns = ['classname', 'class_name', 'label_name'];
const labelColumns = ['label', 'class', 'classid', 'class_id', 'target', 'category'];

/** The columns of a table of images that hold their paths and classes, these by name where it has both names and numbers. */
export function tableColumns(columns: readonly string[]): {
  path: string | undefined;
  label: string | undefined;
} {
  const find = (names: readonly string[]) =>
    columns.find((name) => names.includes(name.toLowerCase()));
  return { path: find(pathColumns), label: find(nameColumns) ?? find(labelColumns) };
}
