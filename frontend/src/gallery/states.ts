// One line for each state that is designed. The five that a pane can be in beside its content are states of their own: empty,
// refused, not loaded, stale, failed.
import type { KindStateView, UiError } from "../api/generated";
import type { Fake } from "../platform/fake";
import { freshness } from "../platform/fake/contexts";
import { incident } from "../platform/fake/incident";
import { STAGES, type Stage } from "../platform/fake/run";
import { shop } from "../platform/fake/shop";
import { denied, entry, troubled } from "../platform/fake/logs";
import { sentence } from "../platform/fake/world";
import type { App, Screen } from "../state/app.svelte";

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
  /** The smallest window, or a large screen; else the usual one. */
  size?: "small" | "large";
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
  message: sentence("{what}: not allowed", { what: "Deployment shop/payments" }),
  detail: sentence("{words}", {
    words:
      'deployments.apps "payments" is forbidden: User "ann" cannot get resource "deployments" in the namespace "shop"',
  }),
  hint: sentence("ask for the right, or follow other namespaces"),
};
const gone: UiError = {
  code: "not-found",
  message: sentence("{object}: not found", { object: "Deployment shop/payments" }),
  detail: null,
  hint: null,
};
/** Types into a field. */
async function type({ seen }: Tools, selector: string, text: string) {
  const field = (await seen(selector)) as HTMLInputElement;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
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
/** A screen, with the map behind it. */
const screen = (of: Screen) => map(({ app }) => void (app.screen = of));
/** What is selected on the map, in a tab. */
const tab = (name: string) =>
  map(async ({ app, click }) => {
    app.select("Deployment/shop/payments");
    await click(at(`tab-${name}`));
  });
const empty = () => ({
  ...shop("prod-kr", 90),
  nodes: [],
  edges: [],
  findings: [],
  routes: [],
  summary: { applications: 0, trouble: 0, moving: 0, ready: 0, pods: 0 },
});
/** A context of which nothing is told but this; null = nothing at all. */
const bare =
  (kinds: KindStateView[] | null) =>
  async ({ app, fake, seen }: Tools) => {
    await seen(at("context-row"));
    fake.silent = true;
    fake.answers.set("graph", empty());
    await app.openContext("prod-kr");
    if (kinds) fake.emit({ type: "freshness", data: { ...freshness("prod-kr", true), kinds } });
  };
/** The run at a stage. */
const staged = (stage: Stage, then: (t: Tools) => void = () => undefined) =>
  map(async (t) => {
    t.fake.allow("prod-kr");
    await t.app.openRun(t.fake.stage(stage).id);
    await t.seen(at("run"));
    then(t);
  });
const stale = ({ fake }: Tools) => {
  fake.live = false;
  fake.beat();
};
/** The rollout of web, as far as a page of it. */
const walk =
  (pages: number, tag = "5.9.0") =>
  async (t: Tools) => {
    await t.open();
    t.fake.allow("prod-kr");
    t.app.screen = { at: "walk", target: "Deployment/shop/web", mode: "rollOut" };
    await type(t, at("image-web"), `registry.shop.example/web:${tag}`);
    for (let page = 0; page < pages; page++) await t.click(`${at("walk-next")}[aria-disabled=false]`);
  };

export const STATES: State[] = [
  { name: "clusters", shows: at("context-row") },
  { name: "clusters-first", before: (fake) => fake.forget(), shows: at("first-start") },
  {
    name: "clusters-refused",
    before: (fake) =>
      fake.refuse("prod-kr", {
        ...forbidden,
        message: sentence("{what}: not allowed", { what: "pods" }),
        detail: null,
      }),
    go: async ({ app, seen }) => {
      await seen(at("context-row"));
      await app.openContext("prod-kr");
    },
    shows: at("toast"),
  },
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
  { name: "map-stale", go: map(stale), shows: `${at("freshness")}[data-state=stale]` },
  { name: "map-empty", go: bare([{ kind: "Pod", state: "live", note: null }]), shows: at("notice-empty") },
  { name: "map-loading", go: bare(null), shows: at("notice-loading"), late: true },
  {
    name: "map-refused",
    go: bare(["Deployment", "Pod", "Service"].map((kind) => ({ kind, state: "forbidden", note: null }))),
    shows: at("notice-refused"),
  },
  {
    name: "map-failed",
    before: (fake) => fake.failing.set("graph", failure),
    go: bare([{ kind: "Pod", state: "live", note: null }]),
    shows: at("graph-again"),
  },
  {
    name: "timeline-failed",
    before: (fake) => fake.failing.set("incident", failure),
    go: map(() => undefined),
    shows: `${at("timeline")}[data-state=failed]`,
  },
  { name: "unlock", go: map(({ app }) => void (app.overlay = "unlock")), shows: at("unlock") },
  {
    name: "trace",
    go: map(async (t) => {
      t.app.overlay = "trace";
      await type(t, at("trace-url"), "http://shop.example.com/api/orders");
      await t.click(at("trace-ask"));
      (await t.seen(`${at("trace")} summary`)).click();
    }),
    shows: `${at("trace-answer")}[data-state=there]`,
  },
  {
    name: "trace-nobody",
    go: map(async (t) => {
      t.app.overlay = "trace";
      await type(t, at("trace-url"), "https://other.example.com/");
      await t.click(at("trace-ask"));
    }),
    shows: `${at("trace-answer")}[data-state=there]`,
    size: "small",
  },
  { name: "commands", go: map(({ app }) => void (app.overlay = "palette")), shows: "[role=dialog]" },
  {
    name: "commands-typed",
    go: map(async (t) => {
      t.app.overlay = "palette";
      await type(t, "[role=dialog] input", "back");
    }),
    shows: "[role=dialog]",
  },
  {
    name: "namespaces",
    go: map(async ({ click, seen }) => {
      await click(at("ns"));
      await seen(at("namespace"));
    }),
    shows: at("namespaces"),
  },
  { name: "freshness", go: map(({ click }) => click(at("freshness"))), shows: at("kinds") },
  {
    name: "place",
    go: map(({ app, fake }) => {
      fake.asked = { context: "prod-jp", namespace: "shop", object: "Deployment/shop/web", run: null };
      app.take({ type: "followed" });
    }),
    shows: at("place-stay"),
  },
  { name: "keys", go: map(({ app }) => void (app.overlay = "help")), shows: "[role=dialog]" },

  { name: "inspector", go: tab("overview"), shows: at("inspector-name") },
  { name: "inspector-versions", go: tab("versions"), shows: at("inspector-name") },
  { name: "inspector-config", go: tab("config"), shows: at("inspector-name") },
  { name: "inspector-events", go: tab("events"), shows: at("inspector-name") },
  { name: "inspector-yaml", go: tab("yaml"), shows: at("inspector-name") },
  {
    name: "inspector-service",
    go: map(({ app }) => app.select("Service/shop/payments")),
    shows: at("inspector-name"),
  },
  {
    name: "inspector-pod",
    go: map(({ app }) => app.select("Pod/shop/payments-5f8b47d96c-x4m7p")),
    shows: at("inspector-name"),
  },
  {
    name: "inspector-stale",
    go: map((t) => {
      t.app.select("Deployment/shop/payments");
      stale(t);
    }),
    shows: at("inspector-stale"),
  },
  {
    name: "inspector-refused",
    before: (fake) => fake.failing.set("object", forbidden),
    go: map(({ app }) => app.select("Deployment/shop/payments")),
    shows: at("object-again"),
  },
  {
    name: "inspector-failed",
    before: (fake) => fake.failing.set("object", failure),
    go: map(({ app }) => app.select("Deployment/shop/payments")),
    shows: at("object-again"),
  },
  {
    name: "inspector-gone",
    before: (fake) => fake.failing.set("object", gone),
    go: map(({ app }) => app.select("Deployment/shop/payments")),
    shows: at("notice-empty"),
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
    go: logs(async (t) => {
      await type(t, at("logs-filter"), "database");
      await t.click(at("logs-wrap"));
      await t.click(at("logs-pause"));
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

  { name: "walk-what", go: walk(0), shows: `${at("image-answer")}[data-state=found]` },
  { name: "walk-what-missing", go: walk(0, "missing"), shows: `${at("image-answer")}[data-state=missing]` },
  { name: "walk-what-refused", go: walk(0, "private"), shows: `${at("image-answer")}[data-state=refused]` },
  { name: "walk-what-away", go: walk(0, "away"), shows: `${at("image-answer")}[data-state=unreachable]` },
  { name: "walk-how", go: walk(1), shows: at("strategy-blue-green") },
  { name: "walk-check", go: walk(2), shows: at("findings-done") },
  { name: "walk-plan", go: walk(3), shows: at("start") },
  { name: "walk-stopped", go: walk(2, "broken"), shows: at("findings-stops") },
  {
    name: "walk-failed",
    before: (fake) => fake.failing.set("workload", failure),
    go: screen({ at: "walk", target: "Deployment/shop/web", mode: "rollOut" }),
    shows: at("notice-failed"),
  },
  {
    name: "walk-loading",
    before: (fake) => fake.waiting.set("workload", never()),
    go: screen({ at: "walk", target: "Deployment/shop/web", mode: "rollOut" }),
    shows: at("notice-loading"),
    late: true,
  },
  {
    name: "walk-rollback",
    go: screen({ at: "walk", target: "Deployment/shop/web", mode: "rollBack" }),
    shows: at("walk"),
  },

  {
    name: "walk-scale",
    go: screen({ at: "walk", target: "Deployment/shop/web", mode: "scale" }),
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

  ...STAGES.map((stage): State => ({ name: `run-${stage}`, go: staged(stage), shows: at("run") })),
  { name: "run-stale", go: staged("gate", stale), shows: `${at("freshness")}[data-state=stale]` },
  {
    name: "run-break-glass",
    go: staged("draining", ({ app }) => void (app.overlay = "breakGlass")),
    shows: at("break-glass-dialog"),
  },
  {
    name: "run-take-over",
    go: staged("elsewhere", ({ app }) => void (app.overlay = "takeOver")),
    shows: at("take-over-dialog"),
  },
  {
    name: "run-read-only",
    go: map(async ({ app, fake }) => {
      fake.stage("gate");
      await app.openRun(RUN);
    }),
    shows: at("unlock-here"),
  },
  { name: "run-back-out", go: staged("gate", ({ app }) => void (app.overlay = "backOut")), shows: at("back-out-ok") },
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
          text: sentence("{object} serves", { object: "Deployment shop/cart-green" }),
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
  {
    name: "report-loading",
    before: (fake) => fake.waiting.set("report", never()),
    go: staged("done", ({ app }) => void (app.screen = { at: "report", run: RUN })),
    shows: at("report-screen"),
    late: true,
  },
  {
    name: "report-failed",
    before: (fake) => fake.failing.set("report", failure),
    go: staged("done", ({ app }) => void (app.screen = { at: "report", run: RUN })),
    shows: at("notice-failed"),
  },
  {
    name: "runs-loading",
    go: map(({ app, fake }) => {
      fake.waiting.set("runs", never());
      app.runList = { is: "none" };
      app.screen = { at: "runs" };
    }),
    shows: at("notice-loading"),
    late: true,
  },
  {
    name: "runs-failed",
    before: (fake) => fake.failing.set("runs", failure),
    go: screen({ at: "runs" }),
    shows: at("notice-failed"),
  },
  { name: "runs-empty", go: screen({ at: "runs" }), shows: at("runs") },

  { name: "incident", go: screen({ at: "incident" }), shows: at("start") },
  {
    name: "incident-unlocked",
    go: map(({ app, fake }) => {
      fake.allow("prod-kr");
      app.screen = { at: "incident" };
    }),
    shows: at("start"),
  },
  {
    name: "incident-empty",
    before: (fake) => fake.answers.set("incident", { ...incident("shop"), troubles: [], changes: [] }),
    go: screen({ at: "incident" }),
    shows: at("notice-empty"),
  },
  {
    name: "incident-stale",
    go: map(async (t) => {
      t.app.screen = { at: "incident" };
      await t.seen(at("start"));
      stale(t);
    }),
    shows: `${at("freshness")}[data-state=stale]`,
  },
  {
    name: "incident-failed",
    before: (fake) => fake.failing.set("incident", failure),
    go: screen({ at: "incident" }),
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

  { name: "settings", go: screen({ at: "settings" }), shows: at("settings") },
  {
    name: "diagnostics",
    go: screen({ at: "diagnostics" }),
    shows: at("diagnostics-context"),
  },
  {
    name: "diagnostics-loading",
    before: (fake) => fake.waiting.set("diagnostics", never()),
    go: screen({ at: "diagnostics" }),
    shows: at("notice-loading"),
    late: true,
  },
  {
    name: "diagnostics-failed",
    before: (fake) => fake.failing.set("diagnostics", failure),
    go: screen({ at: "diagnostics" }),
    shows: at("notice-failed"),
  },

  // What is tight in the smallest window, and lost on a large screen.
  { name: "small-clusters", size: "small", shows: at("context-row") },
  { name: "small-inspector", size: "small", go: tab("overview"), shows: at("inspector-name") },
  { name: "small-walk-how", size: "small", go: walk(1), shows: at("strategy-blue-green") },
  { name: "small-run-gate", size: "small", go: staged("gate"), shows: at("run") },
  { name: "small-run-hold", size: "small", go: staged("hold"), shows: at("run") },
  { name: "small-run-stuck", size: "small", go: staged("stuck"), shows: at("run") },
  {
    name: "small-incident",
    size: "small",
    go: screen({ at: "incident" }),
    shows: at("start"),
  },
  { name: "large-map", size: "large", go: map(() => undefined), shows: at("map") },
  { name: "large-run", size: "large", go: staged("draining"), shows: at("run") },
];
