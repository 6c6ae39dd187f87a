/** The lines of Python by which a model card says that its model is loaded; empty where it has none. */
export function pythonIn(card: string): string {
  const block = /^## Load it in Python\n+(`{3,})python\n([\s\S]*?)\n\1$/m.exec(card);
  return block?.[2] ?? '';
}
