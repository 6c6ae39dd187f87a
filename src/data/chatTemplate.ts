import { badFile, faultsOf, incompatible } from '../errors.ts';
import type { Turn } from './answers.ts';
import { charactersPerToken, fit, type Continued } from './continuation.ts';
import { parseJson } from './parseJson.ts';
import type { Tokenizer } from './tokenizer.ts';
import { isRecord } from './tokenizerJson.ts';

/** The text of turns as transformers' apply_chat_template makes it; `prompt` ends where the assistant is to answer. */
export type RenderChat = (turns: readonly Turn[], prompt: boolean) => string;

/** Largest template, in bytes, and most steps that one takes for a chat. */
const [maxBytes, maxSteps] = [1e6, 5e5];
/** Characters that count as a step. */
const stepCharacters = 64;

/** Every chat is of one day, that on which templates fall back. */
const day: Record<string, string> = {
  '%d': '26',
  '%b': 'Jul',
  '%B': 'July',
  '%m': '07',
  '%Y': '2024',
  '%y': '24',
  '%A': 'Friday',
  '%a': 'Fri',
  '%H': '00',
  '%M': '00',
  '%S': '00',
};

/**
 * The chat template of a model's folder: chat_template.jinja, else that of tokenizer_config.json. Throws Incompatible where
 * there is none, BadFile where it is not to be read. Rendering throws Error with what the template says.
 */
export async function openChatTemplate(
  file: (name: string) => Blob | null,
  tokenizer: Tokenizer,
  model: string,
): Promise<RenderChat> {
  const configs = await Promise.all(
    ['tokenizer_config.json', 'special_tokens_map.json'].map((name) =>
      readRecord(name, file(name)),
    ),
  );
  const template = await templateOf(file('chat_template.jinja'), configs[0]!.chat_template);
  if (template === null)
    throw incompatible(
      `${model} came without a chat template. Add its folder anew with chat_template.jinja or a tokenizer_config.json that has one, or give another template, such as plain or alpaca.`,
    );
  const { Environment, Interpreter, parse, tokenize } = await import('@huggingface/jinja');
  let steps = 0;
  class Bounded extends Interpreter {
    override evaluate(...given: Parameters<InstanceType<typeof Interpreter>['evaluate']>) {
      const result = super.evaluate(...given);
      const { value }: { value: unknown } = result;
      const size = typeof value === 'string' ? value.length / stepCharacters : 0;
      steps += 1 + (Array.isArray(value) ? value.length : size);
      if (steps > maxSteps) throw new RangeError('it takes too many steps');
      return result;
    }
  }
  const program = readTemplate(() =>
    parse(tokenize(template, { lstrip_blocks: true, trim_blocks: true })),
  );
  const known = { ...constants, ...specialTexts(configs, tokenizer) };
  return (turns, prompt) => {
    const environment = new Environment();
    const values = { ...known, messages: turns, add_generation_prompt: prompt };
    for (const [name, value] of Object.entries(values)) environment.set(name, value);
    steps = 0;
    return String(new Bounded(environment).run(program).value);
  };
}

const constants = {
  ...{ true: true, false: false, none: null, True: true, False: false, None: null },
  tools: null,
  documents: null,
  raise_exception(message: string) {
    throw new Error(message);
  },
  range(...given: number[]) {
    const [from = 0, to = 0, step = 1] = given.length < 2 ? [0, ...given] : given;
    const length = Math.max(0, Math.ceil((to - from) / step));
    if (!(length <= maxSteps)) throw new RangeError('it takes too many steps');
    return Array.from({ length }, (_, i) => from + i * step);
  },
  strftime_now: (format: string) => format.replace(/%[a-zA-Z]/g, (part) => day[part] ?? part),
};

function readTemplate<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw badFile(
      `The chat template is no Jinja that can be read: ${why}. Give another template, such as plain or alpaca.`,
      cause,
    );
  }
}

/** The default one where there are several by name. */
async function templateOf(jinja: Blob | null, given: unknown): Promise<string | null> {
  if (jinja) {
    if (jinja.size <= maxBytes) return jinja.text();
    throw badFile(
      `chat_template.jinja has ${jinja.size} bytes, more than ${maxBytes}. Choose the right file.`,
    );
  }
  if (typeof given === 'string') return given;
  const list: unknown[] = Array.isArray(given) ? given : [];
  const named = list.find((each) => isRecord(each) && each.name === 'default');
  return isRecord(named) && typeof named.template === 'string' ? named.template : null;
}

async function readRecord(name: string, blob: Blob | null): Promise<Record<string, unknown>> {
  if (!blob) return {};
  if (blob.size > 200 * maxBytes)
    throw badFile(`${name} has ${blob.size} bytes, more than are read. Choose the right file.`);
  const value = parseJson(await blob.text(), name, 'Download it again.');
  return isRecord(value) ? value : {};
}

/** bos_token and the like, as templates name them. */
function specialTexts(
  configs: readonly Record<string, unknown>[],
  tokenizer: Tokenizer,
): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const role of ['bos', 'eos', 'unk', 'pad', 'sep', 'cls', 'mask'] as const) {
    const given = configs.map((config) => config[`${role}_token`]);
    const named = given.map((token) => (isRecord(token) ? token.content : token));
    const content = named.find((token) => typeof token === 'string');
    const id = role === 'pad' ? null : tokenizer.special[role];
    const text = content ?? (id === null ? undefined : tokenizer.decode([id]));
    if (text !== undefined) texts[`${role}_token`] = text;
  }
  return texts;
}

/** A chat as a model's input; `untold` are answers before the last whose place the template does not tell. */
export interface EncodedChat extends Continued {
  untold: number;
}

/**
 * A chat as the template writes it, in which what follows the prompt for each of the assistant's turns is told, to its end.
 * Cut by `fit`. Throws BadFile where the template refuses it, or its last answer does not follow its prompt.
 */
export function encodeChat(
  tokenizer: Tokenizer,
  render: RenderChat,
  turns: readonly Turn[],
  limit: number,
  place: string,
): EncodedChat {
  const fail = faultsOf(
    `${place} is refused by the chat template:`,
    'Mend the line, or give another template, such as plain or alpaca.',
  );
  const attempt = (count: number, prompt: boolean) => {
    try {
      return render(turns.slice(0, count), prompt);
    } catch (cause) {
      throw fail(cause instanceof Error ? cause.message : String(cause));
    }
  };
  const whole = attempt(turns.length, false);
  const ids = tokenizer.encodeMarked(whole);
  const types = ids.map(() => 0);
  const countOf = (text: string) => commonStart(tokenizer.encodeMarked(text), ids);
  let last = -1;
  let untold = 0;
  for (let i = turns.length - 1; i > 0; i--) {
    if (turns[i]!.role !== 'assistant') continue;
    const end = i === turns.length - 1 ? whole : attempt(i + 1, false);
    const start = attempt(i, true);
    const follows = whole.startsWith(end) && end.startsWith(start) && end !== start;
    if (!follows && last < 0) throw fail('an answer does not begin where its prompt ends');
    if (!follows) untold++;
    else {
      const from = countOf(start);
      if (last < 0) last = from;
      types.fill(1, from, end === whole ? ids.length : countOf(end));
    }
    if (whole.length - start.length > limit * charactersPerToken) break;
  }
  if (last >= ids.length) throw fail('an answer has no tokens');
  return { ...fit(ids, types, last, limit), untold };
}

/** How many ids two lists begin with alike. */
function commonStart(a: readonly number[], b: readonly number[]): number {
  const differs = a.findIndex((id, k) => id !== b[k]);
  return differs < 0 ? Math.min(a.length, b.length) : differs;
}
