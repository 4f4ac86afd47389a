// An in-browser stand-in for the shell: for component tests, the gallery and the dev server. Never in a product bundle.
import type {
  CommandTable,
  ContextView,
  LeavingView,
  PlaceView,
  PlanRequest,
  ProgramView,
  RunView,
  SentenceView,
  SettingsView,
  UiError,
  UiEvent,
} from "../api/generated";
import { diagnostics } from "./fake/diagnostics";
import { contexts, freshness, object, settings, workload } from "./fake/contexts";
import { image } from "./fake/image";
import { incident, wayBack } from "./fake/incident";
import { Logs } from "./fake/logs";
import { plan } from "./fake/plan";
import { reported } from "./fake/report";
import { run, STAGES, type Stage, unseen } from "./fake/run";
import { crowd, shop } from "./fake/shop";
import { routes, trace } from "./fake/trace";
import { sentence, unlocked } from "./fake/world";
import type { Platform } from "./platform";

function refuse(code: UiError["code"], message: SentenceView): never {
  const error: UiError = { code, message, detail: null, hint: null };
  throw error;
}

type Bodies = {
  [N in keyof CommandTable]: (
    args: CommandTable[N]["args"],
  ) => CommandTable[N]["out"] | Promise<CommandTable[N]["out"]>;
};

/** A fake shell with its own world. Tests read `calls` and push events with `emit`. */
export class Fake implements Platform {
  readonly calls: { name: string; args: object }[] = [];
  private on: ((events: UiEvent[]) => void) | null = null;
  private world = contexts();
  private programs: ProgramView[] = [];
  private prefs = settings();
  private plans = new Map<string, PlanRequest>();
  private current: RunView | null = null;
  /** What happens by itself, a little later. */
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  live = true;
  /** What its pods write. */
  logs = new Logs();
  /** Makes the next call of a name fail. */
  readonly failing = new Map<string, UiError>();
  /** Answers a call of a name with this. */
  readonly answers = new Map<string, unknown>();
  /** Tells nothing of a context that is opened. */
  silent = false;
  /** Makes a call of a name wait for this first. */
  readonly waiting = new Map<string, Promise<unknown>>();

  /** As it was at first: what one test left must not happen to the next. */
  reset() {
    for (const timer of this.timers) clearTimeout(timer);
    for (const kept of [this.timers, this.failing, this.answers, this.waiting, this.plans, unlocked]) kept.clear();
    this.calls.length = 0;
    this.left.length = 0;
    this.world = contexts();
    this.programs = [];
    this.prefs = settings();
    this.current = null;
    this.logs = new Logs();
    this.asked = null;
    this.would = [];
    this.live = true;
    this.silent = false;
  }

  private later(what: () => void, milliseconds = 0) {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      what();
    }, milliseconds);
    this.timers.add(timer);
  }

  constructor(search = "") {
    const query = new URLSearchParams(search);
    const stage = STAGES.find((s) => s === query.get("stage"));
    if (stage) this.stage(stage);
    if (query.get("theme") === "light") this.prefs.theme = "light";
    if (query.get("lang") === "ko") this.prefs.language = "ko";
    if (query.has("stale")) this.live = false;
    if (query.has("unlocked")) this.allow("prod-kr");
    this.size = Number(query.get("nodes") ?? 0);
    if (query.has("beat")) setInterval(() => (this.beat(), this.logs.beat()), 1000);
  }
  private size = 0;

  /** Puts the run at a stage. */
  stage(stage: Stage): RunView {
    this.current = run(stage, this.world.open ?? "prod-kr");
    this.emit({ type: "run", data: this.current });
    return this.current;
  }

  /** No kubeconfig at all. */
  forget() {
    const files = [{ path: "/home/ann/.kube/config", contexts: 0, note: sentence("missing: skipped") }];
    this.world = { ...this.world, contexts: [], shadowed: [], files, current: null };
  }

  /** A context that does not let anybody in. */
  refuse(name: string, problem: UiError) {
    this.failing.set("open_context", problem);
    Object.assign(this.context(name), { state: "refused", problem, summary: null, proofAgeMs: null });
  }

  emit(...events: UiEvent[]) {
    // A copy, as over a real bridge: nobody shares objects across it.
    this.on?.(structuredClone(events));
  }

  beat() {
    if (this.world.open === null) return;
    const data = freshness(this.world.open, this.live);
    this.emit({ type: "freshness", data });
    if (!this.live && this.current) this.emit({ type: "run", data: unseen(this.current, data.ageMs / 1000) });
  }

  /** The place that a link asks for. */
  asked: PlaceView | null = null;
  /** What would be left. */
  would: LeavingView[] = [];
  /** Answers that were given to a wish to close the window. */
  readonly left: boolean[] = [];
  async leave(go: boolean) {
    this.left.push(go);
  }

  async subscribe(on: (events: UiEvent[]) => void) {
    this.on = on;
  }

  async call(name: string, args: object): Promise<unknown> {
    this.calls.push({ name, args });
    const failure = this.failing.get(name);
    await this.waiting.get(name);
    if (failure) throw failure;
    const body = (this.bodies as Record<string, ((args: never) => unknown) | undefined>)[name];
    if (!body) refuse("usage", sentence("command {name}: not known", { name }));
    return structuredClone(this.answers.get(name) ?? (await body(args as never))) as unknown;
  }

  private context(name: string): ContextView {
    return (
      this.world.contexts.find((c) => c.name === name) ??
      refuse("not-found", sentence("context {name}: not in the kubeconfig", { name }))
    );
  }

  /** Lets a context be written to. */
  allow(name: string, writes?: ContextView["writes"]) {
    unlocked.add(name);
    const c = this.context(name);
    c.writes = writes ?? (c.writes === "protected" ? "unlocked" : "allowed");
    c.unlockedUntil = new Date(Date.now() + 8 * 3_600_000).toISOString();
    this.emit({ type: "contexts", data: this.world });
  }

  private held(): RunView {
    return this.current ?? refuse("not-found", sentence("run {run}: not found", { run: "" }));
  }

  private made(id: string): PlanRequest {
    return this.plans.get(id) ?? refuse("not-found", sentence("plan {id}: not known here", { id }));
  }

  private readonly bodies: Bodies = {
    contexts: () => this.world,
    probe_contexts: () => this.world,
    approve_program: ({ context, fingerprint }) => {
      const c = this.context(context);
      if (c.unapproved?.fingerprint !== fingerprint)
        refuse("moved", sentence("{path}: not what was shown any more", { path: c.unapproved?.path ?? "" }));
      this.programs.push({ ...c.unapproved, approved: new Date().toISOString() });
      c.unapproved = null;
      c.problem = null;
      return this.world;
    },
    sign_in: () => this.world,
    stop_sign_in: ({ context }) => {
      this.context(context).signingIn = null;
      return this.world;
    },
    programs: () => this.programs,
    forget_program: ({ fingerprint }) => {
      this.programs = this.programs.filter((p) => p.fingerprint !== fingerprint);
      return this.programs;
    },
    open_context: ({ context }) => {
      const c = this.context(context);
      if (c.problem) throw c.problem;
      c.state = "live";
      c.version ??= "v1.37.2";
      this.world.open = context;
      this.later(() => {
        if (this.silent) return;
        this.emit({ type: "contexts", data: this.world });
        this.emit({ type: "graph", data: this.size > 0 ? crowd(context, this.size) : shop(context) });
        this.beat();
      });
      return c;
    },
    close_context: ({ context }) => {
      this.context(context).state = "idle";
      this.world.open = null;
      return this.world;
    },
    namespaces: () => ["shop", "edge", "data", "platform"].map((name) => ({ name, followed: name === "shop" })),
    unlock: ({ context, typed, reason }) => {
      const c = this.context(context);
      if (c.unverified && (c.environment === "production" || !reason))
        refuse("locked", sentence("context {name}: its server is not verified", { name: context }));
      if (this.context(context).writes === "protected" && typed !== context)
        refuse("locked", sentence("context {name}: protected, its name must be typed", { name: context }));
      this.allow(context);
      c.unverifiedReason = reason;
      return this.world;
    },
    lock: ({ context }) => {
      unlocked.delete(context);
      const c = this.context(context);
      const closed = c.environment === "production" ? "protected" : "readOnly";
      c.writes = c.unverified ? "unverified" : closed;
      c.unverifiedReason = null;
      c.unlockedUntil = null;
      return this.world;
    },
    set_environment: ({ context, environment }) => {
      this.context(context).environment = environment;
      return this.world;
    },
    graph: ({ context }) => shop(context),
    ack_graph: () => null as never,
    trace: ({ context, request }) =>
      trace(request, shop(context)) ??
      refuse("usage", sentence("{url} is no URL: {why}", { url: request.url, why: "" })),
    routes: ({ context, id }) => routes(id, shop(context)),
    object: ({ id }) => object(id),
    open_logs: ({ request }) => this.logs.open(request),
    read_logs: ({ logs }) => this.logs.read(logs) ?? refuse("not-found", sentence("these logs are not read any more")),
    close_logs: ({ logs }) => this.logs.close(logs) as never,
    workload: ({ id }) => workload(id),
    image: ({ name }) => image(name),
    make_plan: ({ request }) => {
      const made = plan(request, false);
      this.plans.set(made.id, request);
      return made;
    },
    check_plan: ({ plan: id }) => plan(this.made(id), true),
    export_plan: () => "schema: 1\n",
    start_run: ({ plan: id, confirm }) => {
      const request = this.made(id);
      if (plan(request, true).confirm === "type" && confirm !== request.context)
        refuse("locked", sentence("context {name}: protected, its name must be typed", { name: request.context }));
      const started = this.stage("starting");
      this.later(() => this.current?.state === "running" && this.stage("gate"), 2500);
      return started;
    },
    approve: ({ gate }) => {
      if (gate === "retire") return this.stage("done");
      const next = this.stage("cutting");
      this.later(() => this.current?.state === "running" && this.stage("draining"), 1500);
      return next;
    },
    back_out: () => {
      const next = this.stage("backing-out");
      this.later(() => this.stage("backed-out"), 1500);
      return next;
    },
    choose: ({ choice }) => this.stage(choice === "back-out" ? "backing-out" : "draining"),
    resume_run: () => this.stage("gate"),
    take_over: () => this.stage("gate"),
    runs: () =>
      this.current === null
        ? []
        : [this.current].map(
            ({ id, context, target, strategy, change, startedAt, state, driver, headline, reason }) => ({
              id,
              context,
              target,
              strategy,
              change,
              startedAt,
              state,
              driver,
              headline,
              reason,
              open: !["done", "backedOut", "failed"].includes(state),
            }),
          ),
    run: () => this.held(),
    incident: ({ namespace }) => incident(namespace),
    leaving: () => this.would,
    report: ({ run, format }) => (format === "json" ? reported(this.held()) : `${format}: ${run}`),
    save_report: ({ run, format }) => `/home/ann/Downloads/changeover-${run}.${format}`,
    doctor: () => [],
    way_back: ({ id }) => (this.current && id === null ? this.current.wayBack : wayBack(id)),
    followed: () => {
      const place = this.asked;
      this.asked = null;
      if (place !== null) this.context(place.context);
      return place;
    },
    diagnostics,
    settings: () => this.prefs,
    set_settings: ({ settings: next }: { settings: SettingsView }) => {
      this.prefs = next;
      return next;
    },
  };
}

export const platform = new Fake(typeof location === "undefined" ? "" : location.search);
