/** Names of devices, which Windows gives to no file, whatever its ending. */
const devices = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/** Letters of a name: with an ending, and four bytes each, they fit the 255 bytes of a file's. */
const mostLetters = 56;

/** File names of tasks, which may hold folders or what systems refuse: each another's on every system. */
export function fileNames(tasks: readonly string[]): string[] {
  const taken = new Set<string>();
  return tasks.map((task) => {
    const letters = task.normalize('NFC').replace(/[^\p{L}\p{N}._-]+/gu, '-');
    const plain = letters.replace(/^\.+|\.+$/g, '');
    const short = [...(plain || 'task')].slice(0, mostLetters).join('');
    const safe = devices.test(short) ? `_${short}` : short;
    let name = safe;
    for (let number = 2; taken.has(folded(name)); number++) name = `${safe}-${number}`;
    taken.add(folded(name));
    return name;
  });
}

/** What systems that heed no case take for the same name. */
const folded = (name: string) => name.toLowerCase();
