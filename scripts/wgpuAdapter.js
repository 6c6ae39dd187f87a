// Prints the name of the adapter that Deno finds, or nothing.
const adapter = await navigator.gpu.requestAdapter();
console.log(adapter ? adapter.info.description || adapter.info.vendor || 'an unnamed adapter' : '');
export {};
