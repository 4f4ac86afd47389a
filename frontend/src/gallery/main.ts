// Every state of every screen, on the fake: `?state=NAME`, with `theme=light` and `lang=ko`. Without a state it lists them.
import "./frozen";
import { mount, tick } from "svelte";
import "@fontsource-variable/inter/wght.css";
import "../ui/tokens.css";
import "../ui/base.css";
import type { SettingsView } from "../api/generated";
import { platform, type Fake } from "../platform/fake";
import { app } from "../state/app.svelte";
import App from "../views/App.svelte";
import { STATES } from "./states";

declare global {
  interface Window {
    /** Changes the settings, and waits until it shows. */
    look: (theme: SettingsView["theme"], language: SettingsView["language"]) => Promise<void>;
  }
}

const target = document.getElementById("app");
const asked = new URLSearchParams(location.search).get("state");
const state = STATES.find((s) => s.name === asked);

/** Waits until something is on the screen. */
async function seen(css: string): Promise<HTMLElement> {
  for (;;) {
    const element = document.querySelector<HTMLElement>(css);
    if (element) return element;
    await new Promise((done) => setTimeout(done, 20));
  }
}

async function show() {
  if (target === null) return;
  if (!state) {
    document.body.style.overflow = "auto";
    for (const { name, size = "usual" } of STATES) {
      const row = document.createElement("p");
      Object.assign(row.dataset, { state: name, size });
      for (const look of ["", "&theme=light", "&lang=ko"]) {
        const link = document.createElement("a");
        link.href = `?state=${name}${look}`;
        link.textContent = `${name}${look} `;
        row.append(link);
      }
      target.append(row);
    }
    return;
  }
  const still = document.createElement("style");
  still.textContent =
    "*, *::before, *::after { animation: none !important; transition: none !important; caret-color: transparent !important; }";
  document.head.append(still);
  // All of them, before anything is drawn: one that comes late changes a picture.
  await Promise.all([...document.fonts].map((font) => font.load()));
  const fake = platform as Fake;
  state.before?.(fake);
  mount(App, { target });
  await state.go?.({
    app,
    fake,
    seen,
    click: async (css) => (await seen(css)).click(),
    open: async (name = "prod-kr") => {
      await seen("[data-testid=context-row]");
      await app.openContext(name);
      await seen("[data-testid=map]");
      await seen("[data-testid=timeline]:not([data-state=loading])");
    },
  });
  await seen(state.shows);
  await settled(state.late ? 400 : 80);
  window.look = async (theme, language) => {
    if (app.settings?.theme === theme && app.settings.language === language) return;
    await app.saveSettings({ theme, language });
    await settled(80);
  };
  document.documentElement.dataset["gallery"] = "ready";
}

/** Everything is drawn: also what waits for that, and what waits a moment so as not to flicker. */
async function settled(milliseconds: number) {
  await document.fonts.ready;
  await tick();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await new Promise((done) => setTimeout(done, milliseconds));
}
void show();
