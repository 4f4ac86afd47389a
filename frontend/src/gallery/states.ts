// One line for each state that is designed. The five that a pane can be in beside its content are states of their own: empty,
// refused, not loaded, stale, failed.
import type { UiError } from "../api/generated";
import type { Fake } from "../platform/fake";
import { shop } from "../platform/fake/shop";
import { denied, entry, troubled } from "../platform/fake/logs";
import { STAGES } from "../platform/fake/run";
import { sentence } from "../platform/fake/world";
import type { App } from "../state/app.svelte";

export interface Tools {
  app: App;
  fake: Fake;
  /** Waits until something is on the screen. */
  seen: (css: string) => Promise<HTMLElement>;
  click: (css: string) => Promise<void>;
  /** Opens a context and waits for its map. */
  open: (name?: string) => Promise<void>;
}

export interface State {
  name: string;
  /** Before the window asks for anything. */
  before?: (fake: Fake) => void;
  /** What leads to it. */
  go?: (t: Tools) => Promise<void>;
  /** What is on the screen then. */
  shows: string;
  /** It is told only after a moment. */
  late?: boolean;
}

const at = (testid: string) => `[data-testid=${testid}]`;
const RUN = "bg-cart-3f9a1c";
const failure: UiError = {
  code: "unreachable",
  message: sentence("connection lost ({why})", { why: "HTTP 503" }),
  detail: null,
  hint: null,
};
const forbidden: UiError = {
  code: "forbidden",
  message: sentence("{object}: refused ({message})", { object: "Deployment/shop/payments", message: "HTTP 403" }),
  detail: null,
  hint: null,
};
/** The logs of payments, as the fake has them then. */
const logs = (shows: (t: Tools) => void | Promise<void> = () => undefined) =>
  map(async (t) => {
    t.app.select("Deployment/shop/payments");
    await t.seen(at("tab-logs"));
    t.app.tab = "logs";
    await shows(t);
  });
const never = () => new Promise<never>(() => undefined);

/** The map, and then something else. */
const map = (then: (t: Tools) => Promise<void> | void) => async (t: Tools) => {
  await t.open();
  await then(t);
};
/** What is selected on the map, in a tab. */
const tab = (name: string) =>
  map(async ({ app, click }) => {
    app.select("Deployment/shop/payments");
    await click(at(`tab-${name}`));
  });
/** The rollout of web, as far as a page of it. */
const walk = (pages: number) => async (t: Tools) => {
  await t.open();
  t.fake.allow("prod-kr");
  t.app.screen = { at: "walk", target: "Deployment/shop/web", mode: "rollOut" };
  const image = (await t.seen(at("image-web"))) as HTMLInputElement;
  image.value = "registry.shop.example/web:5.9.0";
  image.dispatchEvent(new Event("input", { bubbles: true }));
  for (let page = 0; page < pages; page++) await t.click(`${at("walk-next")}[aria-disabled=false]`);
};

export const STATES: State[] = [
  { name: "clusters", shows: at("context-row") },
  { name: "clusters-first", before: (fake) => fake.keep(() => false), shows: at("clusters") },
  { name: "clusters-failed", before: (fake) => fake.failing.set("contexts", failure), shows: at("clusters") },
  {
    name: "clusters-loading",
    before: (fake) => ["contexts", "probe_contexts"].forEach((name) => fake.waiting.set(name, never())),
    shows: at("clusters"),
    late: true,
  },
  {
    name: "program",
    go: async ({ app, seen }) => {
      await seen(at("context-row"));
      app.lookAtProgram("dev-mail");
    },
    shows: "[role=dialog]",
  },

  { name: "map", go: map(() => undefined), shows: at("map") },
  { name: "map-applications", go: map(({ app }) => void (app.level = "mid")), shows: at("map") },
  { name: "map-namespaces", go: map(({ app }) => void (app.level = "far")), shows: at("map") },
  { name: "map-list", go: map(({ app }) => void (app.list = true)), shows: at("list") },
  { name: "map-search", go: map(({ app }) => void (app.filter = "pay")), shows: at("hits") },
  {
    name: "map-stale",
    go: map(({ fake }) => {
      fake.live = false;
      fake.beat();
    }),
    shows: `${at("freshness")}[data-state=stale]`,
  },
  {
    name: "map-empty",
    go: map(({ fake }) =>
      fake.emit({
        type: "graph",
        data: {
          ...shop("prod-kr", 90),
          nodes: [],
          edges: [],
          findings: [],
          routes: [],
          summary: { applications: 0, trouble: 0, moving: 0, ready: 0, pods: 0 },
        },
      }),
    ),
    shows: at("map"),
  },
  {
    name: "map-refused",
    before: (fake) => fake.failing.set("open_context", forbidden),
    go: async ({ app, seen }) => {
      await seen(at("context-row"));
      await app.openContext("prod-kr");
    },
    shows: at("toast"),
  },
  {
    name: "timeline-failed",
    before: (fake) => fake.failing.set("incident", failure),
    go: map(() => undefined),
    shows: `${at("timeline")}[data-state=failed]`,
  },
  { name: "unlock", go: map(({ app }) => void (app.overlay = "unlock")), shows: at("unlock") },
  { name: "commands", go: map(({ app }) => void (app.overlay = "palette")), shows: "[role=dialog]" },
  { name: "keys", go: map(({ app }) => void (app.overlay = "help")), shows: "[role=dialog]" },

  { name: "inspector", go: tab("overview"), shows: at("inspector-name") },
  { name: "inspector-versions", go: tab("versions"), shows: at("inspector-name") },
  { name: "inspector-config", go: tab("config"), shows: at("inspector-name") },
  { name: "inspector-events", go: tab("events"), shows: at("inspector-name") },
  { name: "inspector-yaml", go: tab("yaml"), shows: at("inspector-name") },
  {
    name: "inspector-failed",
    before: (fake) => fake.failing.set("object", forbidden),
    go: map(({ app }) => app.select("Deployment/shop/payments")),
    shows: at("map"),
  },
  {
    name: "inspector-loading",
    before: (fake) => fake.waiting.set("object", never()),
    go: map(({ app }) => app.select("Deployment/shop/payments")),
    shows: at("map"),
    late: true,
  },

  { name: "logs", go: logs(), shows: at("logs-line") },
  {
    name: "logs-found",
    go: logs(async ({ seen, click }) => {
      const filter = (await seen(at("logs-filter"))) as HTMLInputElement;
      filter.value = "database";
      filter.dispatchEvent(new Event("input", { bubbles: true }));
      await click(at("logs-wrap"));
      await click(at("logs-pause"));
    }),
    shows: `${at("logs-list")} mark`,
  },
  {
    name: "logs-troubled",
    before: (fake) => (fake.logs.status = troubled),
    go: logs(async ({ fake, seen }) => {
      await seen(at("logs-line"));
      fake.live = false;
      fake.beat();
      fake.logs.say({ dropped: 48_211, entries: [entry(1, Date.now(), "INFO  request completed status=200")] });
    }),
    shows: `${at("logs-stale")} ~ * ${at("logs-note")}`,
  },
  {
    name: "logs-none",
    before: (fake) => (fake.logs.status = { sources: [], containers: [], pods: 0, leftOut: 0 }),
    go: logs(),
    shows: at("notice-empty"),
  },
  {
    name: "logs-refused",
    before: (fake) => (fake.logs.status = denied),
    go: logs(),
    shows: `${at("logs")} ${at("notice-refused")}`,
  },
  {
    name: "logs-failed",
    before: (fake) => fake.failing.set("open_logs", failure),
    go: logs(),
    shows: at("logs-again"),
  },
  {
    name: "logs-loading",
    before: (fake) => fake.waiting.set("open_logs", never()),
    go: logs(),
    shows: at("logs"),
    late: true,
  },

  { name: "walk-what", go: walk(0), shows: at("image-web") },
  { name: "walk-how", go: walk(1), shows: at("strategy-blue-green") },
  { name: "walk-check", go: walk(2), shows: at("findings-done") },
  { name: "walk-plan", go: walk(3), shows: at("start") },
  {
    name: "walk-rollback",
    go: map(({ app }) => void (app.screen = { at: "walk", target: "Deployment/shop/web", mode: "rollBack" })),
    shows: at("walk"),
  },

  {
    name: "walk-scale",
    go: map(({ app }) => void (app.screen = { at: "walk", target: "Deployment/shop/web", mode: "scale" })),
    shows: at("param-replicas"),
  },
  {
    name: "walk-restart",
    go: map(async ({ app, fake, click }) => {
      fake.allow("prod-kr");
      app.screen = { at: "walk", target: "Deployment/shop/web", mode: "restart" };
      for (let page = 0; page < 2; page++) await click(`${at("walk-next")}[aria-disabled=false]`);
    }),
    shows: at("start"),
  },

  ...STAGES.map((stage): State => ({
    name: `run-${stage}`,
    go: map(async ({ app, fake }) => {
      fake.allow("prod-kr");
      fake.stage(stage);
      await app.openRun(RUN);
    }),
    shows: at("run"),
  })),
  {
    name: "run-stale",
    go: map(async ({ app, fake }) => {
      fake.allow("prod-kr");
      fake.stage("gate");
      await app.openRun(RUN);
      fake.live = false;
      fake.beat();
    }),
    shows: `${at("freshness")}[data-state=stale]`,
  },
  {
    name: "run-read-only",
    go: map(async ({ app, fake }) => {
      fake.stage("gate");
      await app.openRun(RUN);
    }),
    shows: at("unlock-here"),
  },
  {
    name: "run-back-out",
    go: map(async ({ app, fake }) => {
      fake.allow("prod-kr");
      fake.stage("gate");
      await app.openRun(RUN);
      app.overlay = "backOut";
    }),
    shows: at("back-out-ok"),
  },
  {
    name: "run-leaving",
    go: map(async ({ app, fake }) => {
      fake.allow("prod-kr");
      const run = fake.stage("draining");
      await app.openRun(RUN);
      fake.would = [
        {
          run: run.id,
          context: run.context,
          target: run.target,
          at: "soak",
          text: sentence("{object} serves", { object: "deployment shop/cart-green" }),
        },
      ];
      fake.emit({ type: "leaving" });
    }),
    shows: at("leaving-run"),
  },
  {
    name: "report",
    go: map(async ({ app, fake }) => {
      fake.stage("done");
      await app.openRun(RUN);
      app.screen = { at: "report", run: RUN };
    }),
    shows: at("report-screen"),
  },
  {
    name: "runs",
    go: map(async ({ app, fake }) => {
      fake.stage("gate");
      app.screen = { at: "runs" };
    }),
    shows: at("runs"),
  },
  { name: "runs-empty", go: map(({ app }) => void (app.screen = { at: "runs" })), shows: at("runs") },

  { name: "incident", go: map(({ app }) => void (app.screen = { at: "incident" })), shows: at("start") },
  {
    name: "incident-failed",
    before: (fake) => fake.failing.set("incident", failure),
    go: map(({ app }) => void (app.screen = { at: "incident" })),
    shows: at("incident"),
  },
  {
    name: "incident-loading",
    before: (fake) => fake.waiting.set("incident", never()),
    go: async ({ app, seen }) => {
      await seen(at("context-row"));
      await app.openContext("prod-kr");
      await seen(at("map"));
      app.screen = { at: "incident" };
    },
    shows: at("incident"),
    late: true,
  },

  { name: "settings", go: map(({ app }) => void (app.screen = { at: "settings" })), shows: at("settings") },
  {
    name: "diagnostics",
    go: map(({ app }) => void (app.screen = { at: "diagnostics" })),
    shows: at("diagnostics-context"),
  },
];
