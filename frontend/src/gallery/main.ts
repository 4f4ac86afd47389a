// Every state of every screen, on the fake: `?state=NAME`, with `theme=light` and `lang=ko`. Without a state it lists them.
import "./frozen";
import { mount, tick } from "svelte";
import "@fontsource-variable/inter/wght.css";
import "../ui/tokens.css";
import "../ui/base.css";
import { platform, type Fake } from "../platform/fake";
import { app } from "../state/app.svelte";
import App from "../views/App.svelte";
import { STATES } from "./states";

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
    for (const { name } of STATES) {
      const row = document.createElement("p");
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
  await document.fonts.ready;
  await tick();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  // What waits to be drawn, and what waits a moment so as not to flicker.
  await new Promise((done) => setTimeout(done, state.late ? 400 : 80));
  document.documentElement.dataset["gallery"] = "ready";
}
void show();
