import { beginsWith, type Format } from './format.ts';
import { openTorchLegacy } from './pytorch/openLegacy.ts';

/** What pickles of protocol 0 and 1 begin with: torch.save's magic number, a dict, a list or an object. */
const firstProtocols = /^(?:L\d+L\n\.|\([dlit]p?\d*\n|[\]}]q|c[\w.]+\n[\w.]+\n[pq(])/;

export const pytorchPickle: Format = {
  matches: (head) =>
    [2, 3, 4, 5].some((n) => beginsWith(head, `\x80${String.fromCharCode(n)}`)) ||
    firstProtocols.test(new TextDecoder('latin1').decode(head.subarray(0, 128))),
  open: openTorchLegacy,
};
