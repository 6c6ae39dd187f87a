import type { OpenProblem } from './checkpoint.ts';
import { folderOf, nameOf } from './fileRoles.ts';
import type { SourceFile } from './source.ts';

/** A kind of checkpoint that is a folder of parts, as several processes save it, or programs that Stitchwork does not read. */
interface Kind {
  /** Paths of its parts. */
  parts: RegExp;
  /** A part that holds all weights where it is the only one. */
  whole?: RegExp;
  /** The folder that problems name, of that which the parts lie in. */
  folderOf(folder: string): string;
  told: string;
  /** How one file is made of it; `name` is that of the folder. */
  remedy(name: string): string;
}

const kinds: readonly Kind[] = [
  {
    parts: /\.distcp$/,
    folderOf: (folder) => folder,
    told: 'is a distributed checkpoint of PyTorch: each .distcp file holds what one process saved, and .metadata says where which weights lie',
    remedy: (name) =>
      `Make one file of it, then open that: python -m torch.distributed.checkpoint.format_utils dcp_to_torch ${name} model.pt`,
  },
  {
    parts:
      /(?:^|\/)(?:(?:\w+_)?zero_pp_rank_\d+_mp_rank_\d+_(?:optim|model)_states|mp_rank_\d+_model_states|layer_\d+-model_\d+-model_states|layer_\d+_expert_\d+_mp_rank_\d+_model_states|expp_rank_\d+_mp_rank_\d+_optim_states)\.pt$/,
    whole: /(?:^|\/)mp_rank_00_model_states\.pt$/,
    folderOf: (folder) => folder,
    told: 'is a checkpoint of DeepSpeed, of which each file holds what one process saved',
    remedy: (name) =>
      `Make one of it in the folder that holds ${name}, where DeepSpeed put zero_to_fp32.py, then open what it makes: python zero_to_fp32.py . merged`,
  },
  {
    parts:
      /(?:^|\/)(?:manifest\.ocdbt|ocdbt\.process_\d+\/.+|d\/[0-9a-f]{16,}|_METADATA|_CHECKPOINT_METADATA|_sharding|array_metadatas\/.+)$/,
    folderOf: (folder) =>
      folder.replace(/(?:^|\/)(?:ocdbt\.process_\d+|array_metadatas|d)(?:\/.*)?$/, ''),
    told: 'is a checkpoint of Orbax (JAX), which Stitchwork does not read',
    remedy: () =>
      'In Python, orbax.checkpoint.PyTreeCheckpointer().restore(folder) gives its arrays by name; save them with safetensors.numpy.save_file.',
  },
  {
    parts:
      /(?:^|\/)(?:(?:saved_model|keras_metadata|fingerprint)\.pb|variables\/variables\.(?:index|data-\d+-of-\d+))$/,
    folderOf: (folder) => folder.replace(/(?:^|\/)variables$/, ''),
    told: 'is a SavedModel of TensorFlow, which Stitchwork does not read',
    remedy: (name) =>
      `In Python, tf.train.load_checkpoint("${name}/variables/variables") gives its tensors by name; save them with safetensors.numpy.save_file.`,
  },
  {
    parts: /\.mlpackage\/.+/,
    folderOf: (folder) => folder.replace(/(\.mlpackage)\/.*$/, '$1'),
    told: 'is a Core ML model, whose weights have lost their names',
    remedy: () => 'Use the PyTorch or safetensors weights of the model that it was converted from.',
  },
  {
    parts:
      /(?:^|\/)mp_rank_\d+(?:_\d+)*\/(?:model_optim_rng|model_rng|model_states|distrib_optim|optim)\.pt$/,
    whole: /(?:^|\/)mp_rank_00(?:_0+)*\/(?:model_optim_rng|model_rng|model_states)\.pt$/,
    folderOf,
    told: 'is a checkpoint of Megatron, of which each mp_rank folder holds the weights of one process',
    remedy: () =>
      'Make one of it with Megatron-LM, then open the .pt file that it saves: python tools/checkpoint/convert.py --model-type GPT --loader mcore --saver mcore --target-tensor-parallel-size 1 --target-pipeline-parallel-size 1 --load-dir RUN --save-dir MERGED',
  },
];

/** Takes out the parts of distributed checkpoints, which are a problem each; states of their optimisers are left out. */
export function takeDistributed(files: readonly SourceFile[]): {
  rest: SourceFile[];
  distributed: OpenProblem[];
} {
  const taken = new Set<SourceFile>();
  const distributed: OpenProblem[] = [];
  for (const { parts, whole, folderOf: named, told, remedy } of kinds) {
    const folders = new Map<string, SourceFile[]>();
    for (const file of files) {
      if (!parts.test(file.path)) continue;
      const folder = named(folderOf(file.path));
      const group = folders.get(folder);
      if (group) group.push(file);
      else folders.set(folder, [file]);
    }
    const several = [...folders].filter(([, group]) => {
      const [only, ...more] = group;
      return !(only && more.length === 0 && whole?.test(only.path));
    });
    for (const [folder, group] of several) {
      for (const file of group) taken.add(file);
      const isOptimizer = /^optimizer(?:_\d+)?$/.test(nameOf(folder));
      if (isOptimizer && several.length > 1) continue;
      const name = nameOf(folder);
      const shown = /^[\w.-]+$/.test(name) ? name : 'FOLDER';
      const path = folder || (group[0]?.path ?? '');
      distributed.push({
        ...{ path, kind: 'Unsupported' },
        message: `${path} ${told}. ${remedy(shown)}`,
      });
    }
  }
  return { rest: files.filter((file) => !taken.has(file)), distributed };
}
