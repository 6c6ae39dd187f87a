import { Document } from 'yaml';

/** A plain value as YAML that readers of YAML 1.1 and 1.2 take alike; `notes` become comment lines on top. */
export function yamlText(value: object, notes: readonly string[] = []): string {
  const comments = notes.map((note) => `# ${note.replace(/\s+/g, ' ')}\n`).join('');
  return comments + new Document(value, { compat: 'yaml-1.1' }).toString({ lineWidth: 0 });
}
