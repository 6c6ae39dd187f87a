import type { OpenProblem } from './checkpoint.ts';
import { folderOf, nameOf } from './fileRoles.ts';
import type { SourceFile } from './source.ts';

/** A kind of checkpoint that is a folder of parts, as several processes save it, or programs that Stitchwork does not read. */
interface Kind {
  /** Paths of its parts. */
  parts: RegExp;
  /** What lies beside them and holds no weights, by its path. */
  aside?: RegExp;
  /** A part that holds all weights where it is the only one. */
  whole?: RegExp;
  /** The folder that problems name, of that which the parts lie in. */
  folderOf(folder: string): string;
  told: string;
  /** How one file is made of it; `name` is that of the folder, `paths` are those of its parts. */
  remedy(name: string, paths: readonly string[]): string;
}

/** How one checkpoint is made of one of Megatron-LM's. */
export const megatronRemedy =
  'Make one of it with Megatron-LM, then open the .pt file that it saves: python tools/checkpoint/convert.py --model-type GPT --loader mcore --saver mcore --target-tensor-parallel-size 1 --target-pipeline-parallel-size 1 --load-dir RUN --save-dir MERGED';

/** The same of one of DeepSpeed whose model is split itself: zero_to_fp32.py joins only what ZeRO splits. */
export const deepspeedRemedy =
  'Make one of it with the program that trained it, then open what that saves: in Megatron-DeepSpeed python tools/convert_checkpoint/deepspeed_to_megatron.py --target_tp 1 --target_pp 1 --input_folder RUN --output_folder MERGED, in GPT-NeoX python tools/ckpts/convert_neox_to_hf.py --input_dir RUN --config_file CONFIG.yml --output_dir MERGED';

/** The same of files consolidated.00.pth and on. */
export const metaRemedy =
  'Take the model in Hugging Face’s form, or make that with transformers 4: python -m transformers.models.llama.convert_llama_weights_to_hf --input_dir FOLDER --model_size SIZE --output_dir MERGED';

/** Names by which DeepSpeed saves a model that several processes share, by layers or inside them. */
const splitModel = /mp_rank_0*[1-9]\d*_|(?:^|\/)layer_\d+/;

const kinds: readonly Kind[] = [
  {
    parts: /\.distcp$/,
    aside: /(?:^|\/)common\.pt$/,
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
    remedy: (name, paths) =>
      paths.some((path) => splitModel.test(path))
        ? deepspeedRemedy
        : `Make one of it in the folder that holds ${name}, where DeepSpeed put zero_to_fp32.py, then open what it makes: python zero_to_fp32.py . merged`,
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
    remedy: () => megatronRemedy,
  },
  {
    parts: /(?:^|\/)(?:mp_rank|tp_rank)_\d+(?:_pp_rank_\d+)?\/model_weights\.ckpt$/,
    whole: /(?:^|\/)(?:mp_rank|tp_rank)_0+(?:_pp_rank_0+)?\/model_weights\.ckpt$/,
    folderOf,
    told: 'is a checkpoint of NeMo, of which each rank’s folder holds the weights of one process',
    remedy: () =>
      'Make one of it with NeMo, then unpack what it saves and open that: python examples/nlp/language_modeling/megatron_change_num_partitions.py --model_extracted_dir=RUN --target_file=MERGED.nemo --tensor_model_parallel_size=N --target_tensor_model_parallel_size=1 --pipeline_model_parallel_size=M --target_pipeline_model_parallel_size=1',
  },
  {
    parts: /(?:^|\/)consolidated\.\d+\.pth$/,
    whole: /(?:^|\/)consolidated\.0+\.pth$/,
    folderOf: (folder) => folder,
    told: 'holds a model in Meta’s form, of which each consolidated file holds the weights of one process',
    remedy: () => metaRemedy,
  },
  {
    parts: /(?:^|\/)model-rank-\d+-part-\d+\.safetensors$/,
    folderOf: (folder) => folder,
    told: 'is a sharded state of vLLM, of which each file holds weights of one process',
    remedy: () =>
      'Take the model that it was made from, in Hugging Face’s form: vLLM joins no such files.',
  },
];

/** A distributed checkpoint: what is told of it, and its parts. */
export interface Distributed {
  problem: OpenProblem;
  parts: SourceFile[];
}

/** Takes out the parts of distributed checkpoints, which are a problem each; states of their optimisers are left out. */
export function takeDistributed(files: readonly SourceFile[]): {
  rest: SourceFile[];
  distributed: Distributed[];
} {
  const taken = new Set<SourceFile>();
  const distributed: Distributed[] = [];
  for (const { parts, aside, whole, folderOf: named, told, remedy } of kinds) {
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
      for (const file of files)
        if (aside?.test(file.path) && folderOf(file.path) === folder) taken.add(file);
      const isOptimizer = /^optimizer(?:_\d+)?$/.test(nameOf(folder));
      if (isOptimizer && several.length > 1) continue;
      const name = nameOf(folder);
      const shown = /^[\w.-]+$/.test(name) ? name : 'FOLDER';
      const paths = group.map(({ path }) => path);
      const path = folder || (paths[0] ?? '');
      const message = `${path} ${told}. ${remedy(shown, paths)}`;
      distributed.push({ problem: { path, kind: 'Unsupported', message }, parts: group });
    }
  }
  return { rest: files.filter((file) => !taken.has(file)), distributed };
}
