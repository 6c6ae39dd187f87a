/** A tensor as listed in the tree. */
export interface Leaf {
  name: string;
  dtype: string;
  shape: readonly number[];
  bytes: number;
}

/** Tensors that share the dotted path so far; chains with a single child are one node. */
export interface Branch {
  /** Full path, unique. */
  path: string;
  label: string;
  branches: Branch[];
  leaves: (Leaf & { label: string })[];
  count: number;
  bytes: number;
}

/** Groups tensors by the dots in their names, in the order given. */
export function tensorTree(tensors: readonly Leaf[]): Branch {
  const root = emptyBranch('', '');
  const known = new Map<string, Branch>([['', root]]);
  for (const tensor of tensors) {
    const parts = tensor.name.split('.');
    let at = root;
    at.count++;
    at.bytes += tensor.bytes;
    for (let i = 1; i < parts.length; i++) {
      const path = parts.slice(0, i).join('.');
      let next = known.get(path);
      if (!next) {
        next = emptyBranch(path, parts[i - 1] ?? '');
        known.set(path, next);
        at.branches.push(next);
      }
      at = next;
      at.count++;
      at.bytes += tensor.bytes;
    }
    at.leaves.push({ ...tensor, label: parts.at(-1) ?? tensor.name });
  }
  root.branches = root.branches.map(joinChain);
  return root;
}

function emptyBranch(path: string, label: string): Branch {
  return { path, label, branches: [], leaves: [], count: 0, bytes: 0 };
}

function joinChain(branch: Branch): Branch {
  const [only] = branch.branches;
  if (only && branch.branches.length === 1 && !branch.leaves.length)
    return joinChain({ ...only, label: `${branch.label}.${only.label}` });
  return { ...branch, branches: branch.branches.map(joinChain) };
}
