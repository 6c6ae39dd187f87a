import { mount } from 'svelte';
import AppView from './App.svelte';
import { App } from './state/app.svelte.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import { engine } from './worker/client.ts';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
const app = new App(engine);
mount(AppView, { target, props: { app } });
void app.start();
