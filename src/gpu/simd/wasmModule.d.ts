/** The bytes of a module that is compiled from AssemblyScript: see assembly.ts at the root. */
declare module '*.ts?wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
