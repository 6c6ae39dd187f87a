import { mount } from 'svelte';
import AppView from './App.svelte';
import { App } from './state/app.svelte.ts';
import { download } from './ui/download.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/plots.css';
import './styles/print.css';
import type { OutputFile } from './api/outputs.ts';
import { engine, onEngineFate } from './engine/client.ts';
import { isMany } from './recipe/recipe.ts';
import { expandSweep } from './recipe/sweep.ts';
import { cellText } from './ui/table.ts';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
const app = new App(engine);
mount(AppView, { target, props: { app } });
addEventListener('unhandledrejection', ({ reason }) => app.notices.fail(reason));
onEngineFate({
  lingers: (error) => app.engineFailed(error),
  ends: (error) => app.engineFailed(error),
  begins: (again) => void app.engineBegan(again),
});
const started = app.start();
let outputs: OutputFile[] = [];

window.stitchwork = {
  engine,
  async readRecipe(text) {
    await started;
    const recipe = app.setup.parse(text);
    return { recipe, variants: isMany(recipe) ? expandSweep(recipe) : [] };
  },
  async tables(names, runs) {
    const { reportTables } = await import('./plots/reportTables.ts');
    const told = runs.map((run) => ({ ...run, masks: app.setup.learnsMasks(run.recipe) }));
    return reportTables(names, told).map(({ title, table: { columns, rows } }) => ({
      title,
      columns: columns.map(({ label }) => label),
      rows: rows.map((row) => row.map((cell, i) => cellText(cell, columns[i]?.kind ?? 'text'))),
    }));
  },
  async open(files) {
    await started;
    await app.takeFiles(files);
    const found = app.opening.found ?? { candidates: [], problems: [], recipes: [] };
    return { ...found, fit: app.opening.preflight };
  },
  opened: () => app.opening.opened(),
  async outputs(runId, options) {
    outputs = await engine.outputs(runId, options);
    return outputs.map(({ name }) => name);
  },
  async lora(runId, options) {
    const { files, ...made } = await engine.lora(
      crypto.randomUUID(),
      runId,
      options,
      () => undefined,
    );
    outputs = files;
    return { ...made, names: files.map(({ name }) => name) };
  },
  download(output) {
    const { name, blob } = outputs[output] ?? { name: 'none', blob: new Blob() };
    download(name.slice(name.lastIndexOf('/') + 1), blob);
  },
};
