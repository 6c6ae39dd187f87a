import { build, preview } from 'vite';
import { readArguments } from './usage.js';

const usage = `npm start [-- [--port 4173] [--host ADDRESS] [--open]]

Builds the app into dist/, serves it and prints its address.
  --port    where to serve it; PORT in the environment does the same
  --host    serve it to other machines too: their address for this one, or 0.0.0.0
  --open    open it in the browser`;

const { values } = readArguments(usage, {
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    open: { type: 'boolean', default: false },
  },
});

const { isTTY } = process.stderr;
if (isTTY) process.stderr.write('Building the app…');
await build({ logLevel: 'warn' });
if (isTTY) process.stderr.write('\r\x1b[K');
const { port, host, open } = values;
const server = await preview({
  preview: { open, ...(port ? { port: Number(port) } : {}), ...(host ? { host } : {}) },
}).catch((error) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
const { local = [], network = [] } = server.resolvedUrls ?? {};
for (const address of [...local, ...network]) console.log(address);
