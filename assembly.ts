import { dirname } from 'node:path';
import type { Plugin } from 'vite';

/**
 * Compiles AssemblyScript that is imported with "?wasm", and inlines the module's bytes, so that they are there in workers,
 * in Node and offline. Such code has no data and no heap of its own: it works in any memory that it is given.
 */
export function assembly(): Plugin {
  return {
    name: 'assembly',
    enforce: 'pre',
    async load(id) {
      if (!id.endsWith('.ts?wasm')) return null;
      const path = id.slice(0, -'?wasm'.length);
      const bytes = Buffer.from(await compile(path)).toString('base64');
      this.addWatchFile(path);
      return `export default Uint8Array.from(atob('${bytes}'), (each) => each.charCodeAt(0));`;
    },
  };
}

async function compile(path: string): Promise<Uint8Array> {
  const { main } = await import('assemblyscript/asc');
  let module: Uint8Array | undefined;
  const options = '--outFile out.wasm --importMemory --runtime stub --enable simd -O3 --converge';
  const asked = [
    ...options.split(' '),
    '--noAssert',
    '--disableWarning',
    '201',
    '--disableWarning',
    '112',
  ];
  const { error, stderr } = await main([path, '--baseDir', dirname(path), ...asked], {
    writeFile: (_, contents) => void (module = Buffer.from(contents)),
  });
  if (error || !module) throw new Error(`${path} does not compile: ${stderr.toString()}`);
  return module;
}
