// What the window knows. Fed by UiEvents and by the answers of commands; screens read it and never keep a second copy.
import { asUiError, call, leave, subscribe } from "../api";
import type {
  ContextsView,
  ContextView,
  FindingView,
  FreshnessView,
  GraphBatch,
  ObjectView,
  PlaceView,
  RunSummary,
  RunState,
  RunView,
  SettingsView,
  UiError,
  UiEvent,
  WayBackView,
} from "../api";
import { apply, emptyGraph, type Graph } from "../graph/store";
import type { Level } from "../graph/camera";
import { duration, speak, systemLocale, t, words } from "../i18n/index.svelte";
import { FRESH_MS } from "./age";
import { Clock } from "./clock";
import { hasLogs, leadsTo, target, type Verb } from "./target";

export type Screen =
  | { at: "clusters" }
  | { at: "map" }
  | { at: "walk"; target: string; mode: Verb; undo?: string }
  | { at: "run"; run: string }
  | { at: "report"; run: string }
  | { at: "incident" }
  | { at: "runs" }
  | { at: "settings" }
  | { at: "diagnostics" };

/** Something that is asked for: not loaded, on its way, there, or failed. */
export type Loadable<T> =
  { is: "none" } | { is: "loading"; since: number } | { is: "there"; value: T } | { is: "failed"; error: UiError };

function loaded<T>(answer: PromiseSettledResult<T>): Loadable<T> {
  return answer.status === "fulfilled"
    ? { is: "there", value: answer.value }
    : { is: "failed", error: asUiError(answer.reason) };
}

export type Tab = "overview" | "versions" | "config" | "events" | "logs" | "yaml";

/** Past this age a view is stale, whatever the stream says (limits.md, P12). */
export const STALE_MS = 10_000;

/** How far the slow clock moves at a time. */
const STEP_MS = 10_000;

/** Nothing of the run is left to take back; a stuck one can try again. */
export function over(state: RunState): boolean {
  return state === "done" || state === "backedOut" || state === "failed";
}

/** Production behind a server that is not verified is not written to, for no reason. */
export function shut(c: ContextView): boolean {
  return c.writes === "unverified" && c.environment === "production";
}

export interface Toast {
  id: number;
  error: UiError;
}

export class App {
  screen: Screen = $state({ at: "clusters" });
  /** Where the settings were opened from: leaving them leads back there. */
  beforeSettings: Screen | null = null;
  contexts: Loadable<ContextsView> = $state({ is: "none" });
  /** Not reactive: thousands of nodes. `graphRev` says when it changed. */
  graph: Graph = emptyGraph("");
  graphRev = $state(0);
  /** Why the graph could not be read. */
  graphError: UiError | null = $state(null);
  /** How often somebody changed what is wanted, per namespace. */
  changed: Record<string, number> = $state({});
  fresh: FreshnessView | null = $state(null);
  private freshAt = $state(0);
  /** Its proof is older than the next one should have been: from then on its age is counted. */
  private overdue = $state(false);
  private proof: ReturnType<typeof setTimeout> | undefined;
  private readonly seconds = new Clock(1000);
  private readonly steps = new Clock(STEP_MS);
  runs: Record<string, RunView> = $state({});
  /** When each run was last heard of: countdowns go on from there. */
  runAt: Record<string, number> = $state({});
  runList: Loadable<RunSummary[]> = $state({ is: "none" });
  /** What runs have left behind in the open context. */
  leftBehind: Loadable<FindingView[]> = $state({ is: "none" });
  settings: SettingsView | null = $state(null);
  selected: string | null = $state(null);
  object: Loadable<ObjectView> = $state({ is: "none" });
  tab: Tab = $state("overview");
  /** Logs want room: the inspector takes what the map can spare. */
  logsWide = $state(true);
  filter = $state("");
  list = $state(false);
  level: Level = $state("near");
  wayBack: WayBackView | null = $state(null);
  /** The workload that it is of; null = it is of the last run. */
  wayBackOf: string | null = $state(null);
  /** What an incident would go back to: the gauge speaks of it while it is looked at. */
  private candidate: string | null = $state(null);
  overlay:
    | "palette"
    | "help"
    | "trace"
    | "namespaces"
    | "unlock"
    | "breakGlass"
    | "backOut"
    | "takeOver"
    | "program"
    | "leaving"
    | "place"
    | null = $state(null);
  toasts: Toast[] = $state([]);
  /** Name of the context that is being opened. */
  opening: string | null = $state(null);
  /** Context whose program is looked at. */
  programOf: string | null = $state(null);

  /** Where a link leads that is asked about. */
  place: PlaceView | null = $state(null);

  private painters = new Set<() => void>();
  private toAck: number[] = [];
  private frame = 0;
  private toastId = 0;

  get open(): ContextView | null {
    return this.contexts.is === "there" ? this.contextOf(this.contexts.value.open) : null;
  }

  contextOf(name: string | null): ContextView | null {
    return this.contexts.is === "there" ? (this.contexts.value.contexts.find((c) => c.name === name) ?? null) : null;
  }

  /** Logs are shown, with the room that they want. */
  get widened(): boolean {
    return this.tab === "logs" && this.logsWide && hasLogs(this.selected);
  }

  /** The time by the second, for what is waited for. */
  get now(): number {
    return this.seconds.now;
  }

  /** The time in steps, for axes and for ages that nobody waits for: what goes by it is drawn six times a minute. */
  get slow(): number {
    return this.steps.now;
  }

  /** Age of what is shown, in milliseconds: as it was told, and growing once the next proof is overdue. */
  get age(): number {
    if (!this.fresh) return 0;
    return this.fresh.ageMs + (this.overdue ? Math.max(0, this.now - this.freshAt) : 0);
  }

  /** State of a context, as it is seen: of the open one the age of what is shown may tell before its stream does. */
  stateOf(c: ContextView): ContextView["state"] {
    return c.name === this.open?.name && this.stale ? "stale" : c.state;
  }

  get stale(): boolean {
    if (this.open === null) return false;
    if (this.open.state === "stale") return true;
    return this.fresh !== null && (!this.fresh.live || this.age > STALE_MS);
  }

  /** Why nothing can be written now; null = it can. */
  get writesOff(): string | null {
    const c = this.open;
    if (c === null) return t("off.noContext");
    if (this.stale) return t("off.stale", { time: duration(Math.round(this.age / 1000)) });
    switch (c.writes) {
      case "allowed":
      case "unlocked":
        return null;
      case "readOnly":
        return t("off.readOnly", { name: c.name });
      case "protected":
        return t("off.protected", { name: c.name });
      case "off":
        return t("off.off", { name: c.name });
      case "unverified":
        return t("off.unverified", { name: c.name });
    }
  }

  /** Why nothing can be written by a run of that context; null = it can. */
  writesOffIn(context: string): string | null {
    if (this.open && context !== this.open.name) return t("off.otherContext", { name: context });
    return this.writesOff;
  }

  /** Why that run cannot go back; null = it can. One that is driven here can, also where its context has locked itself since. */
  backOffIn(run: RunView): string | null {
    const driven = run.state !== "left" && run.state !== "elsewhere" && !over(run.state);
    return driven && this.open?.name === run.context && this.canUnlock ? null : this.writesOffIn(run.context);
  }

  /** In a protected context a hold is asked for, unlocked or locked again. */
  get holds(): boolean {
    return this.open?.writes === "unlocked" || this.open?.writes === "protected";
  }

  /** Only an unlock stands between the operator and a write. */
  get canUnlock(): boolean {
    const w = this.open?.writes;
    return !this.stale && (w === "readOnly" || w === "protected" || w === "unverified");
  }

  /**
   * Subscribes first, then asks: nothing that happens in between is lost. `left`: what a page showed that was loaded anew
   * in the middle; its runs go on without it.
   */
  async start(left: Screen | null = null) {
    await subscribe((events) => events.forEach((e) => this.take(e)));
    this.contexts = { is: "loading", since: Date.now() };
    // A kubeconfig may be long in coming: what waits for it has its language and its colours.
    const settled = call("settings", {}).then(
      (settings) => this.useSettings(settings),
      () => undefined,
    );
    const [contexts, runs] = await Promise.allSettled([call("contexts", {}), call("runs", {})]);
    await settled;
    this.contexts = loaded(contexts);
    this.runList = loaded(runs);
    if (contexts.status !== "fulfilled") return;
    if (contexts.value.open !== null) await this.loadGraph(contexts.value.open);
    await this.follow();
    if (contexts.value.open === null) return;
    if (left === null || this.screen.at !== "clusters") return;
    if (left.at === "run") await this.openRun(left.run);
    else this.screen = left;
  }

  stop() {
    clearTimeout(this.proof);
    if (this.frame !== 0) cancelAnimationFrame(this.frame);
  }

  take(event: UiEvent) {
    switch (event.type) {
      case "contexts":
        this.contexts = { is: "there", value: event.data };
        return;
      case "graph":
        this.takeGraph(event.data);
        return;
      case "changed":
        if (event.data.context === this.open?.name)
          for (const namespace of event.data.namespaces) this.changed[namespace] = (this.changed[namespace] ?? 0) + 1;
        return;
      case "freshness":
        if (this.open !== null && event.data.context !== this.open.name) return;
        this.takeFreshness(event.data);
        return;
      case "run":
        this.takeRun(event.data);
        return;
      case "settings":
        void this.useSettings(event.data);
        return;
      case "leaving":
        this.overlay = "leaving";
        return;
      case "followed":
        void this.follow();
        return;
    }
  }

  private takeFreshness(fresh: FreshnessView) {
    this.fresh = fresh;
    this.freshAt = Date.now();
    clearTimeout(this.proof);
    const left = FRESH_MS - fresh.ageMs;
    this.overdue = left <= 0;
    if (!this.overdue) this.proof = setTimeout(() => (this.overdue = true), left);
  }

  private takeGraph(batch: GraphBatch) {
    apply(this.graph, batch);
    this.graphError = null;
    this.graphRev++;
    // Acknowledged after it was drawn, also when it was refused: the sender waits for it.
    this.toAck.push(batch.seq);
    this.scheduleFrame();
  }

  /** A painter runs once per frame, before the batch of that frame is acknowledged. */
  addPainter(paint: () => void): () => void {
    this.painters.add(paint);
    return () => this.painters.delete(paint);
  }

  scheduleFrame() {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      for (const paint of this.painters) paint();
      const seqs = this.toAck;
      this.toAck = [];
      for (const seq of seqs) void call("ack_graph", { seq }).catch(() => undefined);
    });
  }

  /** Runs that this workstation knows of and that are not over. */
  get unfinished(): RunSummary[] {
    return this.runList.is === "there" ? this.runList.value.filter((r) => r.open) : [];
  }

  private takeRun(run: RunView) {
    const before = this.runs[run.id]?.state;
    this.runs[run.id] = run;
    const open = run.state !== "done" && run.state !== "backedOut" && run.state !== "failed";
    // A run that ended leaves nothing, one that was left does: both change what is there.
    if (before !== undefined && before !== run.state && (!open || run.state === "left")) void this.loadLeftBehind();
    this.runAt[run.id] = Date.now();
    if (this.runList.is === "there") {
      const { id, context, target, strategy, change, startedAt, state, driver, headline, reason } = run;
      const of = { id, context, target, strategy, change, startedAt, state, driver, headline, reason };
      const summary: RunSummary = { ...of, open };
      const rest = this.runList.value.filter((r) => r.id !== id);
      const at = this.runList.value.findIndex((r) => r.id === id);
      rest.splice(at < 0 ? 0 : at, 0, summary);
      this.runList = { is: "there", value: rest };
    }
  }

  private async useSettings(settings: SettingsView) {
    this.settings = settings;
    const light =
      settings.theme === "light" ||
      (settings.theme === "system" && matchMedia("(prefers-color-scheme: light)").matches);
    document.documentElement.dataset["theme"] = light ? "light" : "dark";
    await speak(settings.language === "system" ? systemLocale() : settings.language);
    document.documentElement.lang = words.locale;
  }

  private saved: Promise<unknown> = Promise.resolve();
  /** Changes some settings, one change after the other: all of them are sent, and none shall write back what was before another. */
  saveSettings(patch: Partial<SettingsView>): Promise<unknown> {
    const next = () => this.saveNext(patch);
    return (this.saved = this.saved.then(next, next));
  }

  private async saveNext(patch: Partial<SettingsView>) {
    if (!this.settings) return;
    const settings = { ...$state.snapshot(this.settings), ...patch };
    const saved = await this.try(() => call("set_settings", { settings }));
    if (saved) await this.useSettings(saved);
  }

  async openContext(name: string, namespaces: string[] = []): Promise<boolean> {
    this.opening = name;
    // Signing in may take minutes: whatever was opened since is what somebody wants to see.
    const wanted = () => this.opening === name;
    try {
      const opened = await call("open_context", { context: name, namespaces });
      if (!wanted()) return false;
      if (this.contexts.is === "there") {
        const value = this.contexts.value;
        this.contexts = {
          is: "there",
          value: { ...value, open: name, contexts: value.contexts.map((c) => (c.name === name ? opened : c)) },
        };
      }
      this.fresh = null;
      this.select(null);
      await this.loadGraph(name);
      this.screen = { at: "map" };
      return true;
    } catch (cause) {
      const error = asUiError(cause);
      const contexts = await call("contexts", {}).catch(() => null);
      if (contexts) this.contexts = { is: "there", value: contexts };
      if (!wanted()) return false;
      if (error.code === "unapproved") this.lookAtProgram(name);
      else this.fail(error);
      return false;
    } finally {
      if (wanted()) this.opening = null;
    }
  }

  /** Somebody asks for a place: what is shown is gone to; anything else is asked about, for opening it connects. */
  private async follow() {
    const place = await this.try(() => call("followed", {}));
    if (place === null) return;
    this.place = place;
    if (this.open?.name === place.context) return this.goToPlace();
    this.overlay = "place";
  }

  leavePlace() {
    this.place = null;
    this.overlay = null;
  }

  async goToPlace() {
    const place = this.place;
    this.leavePlace();
    if (place === null) return;
    const { context, namespace, object, run } = place;
    const seen = (n: { object: string; namespace: string }) =>
      object === null ? n.namespace === namespace : n.object === object;
    const shown = namespace === null || [...this.graph.nodes.values()].some(seen);
    if (
      (this.open?.name !== context || !shown) &&
      !(await this.openContext(context, namespace === null ? [] : [namespace]))
    )
      return;
    if (run !== null) return this.openRun(run);
    if (object === null) this.screen = { at: "map" };
    else this.show(object);
  }

  /** Shows an object on the map, or beside it where it has no node. */
  show(object: string) {
    this.screen = { at: "map" };
    this.select(this.nodeOf(object) ?? object);
  }

  /** Id of the node that stands for an object. */
  private nodeOf(object: string): string | undefined {
    return [...this.graph.nodes.values()].find((n) => n.object === object)?.id;
  }

  /** Shows the program that would sign in, before anybody says that it may. */
  lookAtProgram(name: string) {
    this.programOf = name;
    this.overlay = "program";
  }

  async approveProgram(name: string, fingerprint: string) {
    const approved = await this.contextsFrom(() => call("approve_program", { context: name, fingerprint }));
    this.overlay = null;
    if (!approved) return;
    // One that is connected signs in by itself with its next request.
    const state = this.contextOf(name)?.state;
    if (state !== "live" && state !== "stale") await this.openContext(name);
  }

  async signInAgain(name: string) {
    await this.contextsFrom(() => call("sign_in", { context: name }));
  }

  async stopSignIn(name: string) {
    await this.contextsFrom(() => call("stop_sign_in", { context: name }));
  }

  /** Calls what answers with the contexts as they are then; false = it was refused, and said so. */
  async contextsFrom(what: () => Promise<ContextsView>): Promise<boolean> {
    const contexts = await this.try(what);
    if (contexts) this.contexts = { is: "there", value: contexts };
    return contexts !== null;
  }

  private async loadGraph(name: string) {
    if (this.graph.context !== name) {
      this.graph = emptyGraph(name);
      this.graphRev++;
    }
    await this.readGraph(name);
    void this.loadWayBack();
    void this.loadLeftBehind();
  }

  async readGraph(name: string) {
    this.graphError = null;
    try {
      this.takeGraph(await call("graph", { context: name }));
    } catch (cause) {
      this.graphError = asUiError(cause);
    }
  }

  async closeContext(name: string) {
    await this.contextsFrom(() => call("close_context", { context: name }));
    this.fresh = null;
    this.leftBehind = { is: "none" };
  }

  async unlock(typed: string, reason: string): Promise<boolean> {
    const c = this.open;
    if (!c) return false;
    const why = reason.trim() === "" ? null : reason.trim();
    return this.contextsFrom(() => call("unlock", { context: c.name, typed, reason: why }));
  }

  async lock() {
    const c = this.open;
    if (!c) return;
    await this.contextsFrom(() => call("lock", { context: c.name }));
  }

  select(id: string | null) {
    this.selected = id;
    if (id === null) {
      this.object = { is: "none" };
      void this.loadWayBack();
      return;
    }
    void this.loadObject(id);
  }

  async loadObject(id: string) {
    const c = this.open;
    if (!c) return;
    const node = this.graph.nodes.get(id);
    const wanted = node?.object ?? id;
    if (this.object.is !== "there" || this.object.value.id !== wanted)
      this.object = { is: "loading", since: Date.now() };
    void this.loadWayBack();
    try {
      const value = await call("object", { context: c.name, id: wanted });
      if (this.selected === id) this.object = { is: "there", value };
    } catch (cause) {
      if (this.selected === id) this.object = { is: "failed", error: asUiError(cause) };
    }
  }

  /** A workload that an incident would take back, while it is chosen there. */
  consider(workload: string | null) {
    if (this.candidate === workload) return;
    this.candidate = workload;
    void this.loadWayBack();
  }

  /** The workload that going back is about. */
  get backTarget(): string | null {
    return this.candidate ?? target(this, "rollBack") ?? leadsTo(this, "rollBack");
  }

  /** The gauge: of the run on the screen, else of what an incident would take back, else of the selected workload, else of the last run. */
  async loadWayBack() {
    const c = this.open;
    if (!c) {
      this.wayBack = null;
      this.wayBackOf = null;
      return;
    }
    const id = this.backTarget;
    const wayBack = await call("way_back", { context: c.name, id }).catch(() => null);
    // Another may have been asked for meanwhile, and have answered sooner.
    if (id !== this.backTarget) return;
    this.wayBack = wayBack;
    this.wayBackOf = id;
  }

  get shownWayBack(): WayBackView | null {
    if (this.screen.at === "run" || this.screen.at === "report")
      return this.runs[this.screen.run]?.wayBack ?? this.wayBack;
    // In an incident it is of what would be taken back there, or of nothing: the last run is not what is in trouble.
    if (this.screen.at === "incident" && this.backTarget === null) return null;
    return this.wayBack;
  }

  /** Closes the window in the middle of runs, or stays. */
  async leave(go: boolean) {
    await this.try(() => leave(go));
    this.overlay = null;
  }

  async openRun(id: string) {
    this.screen = { at: "run", run: id };
    if (!this.runs[id]) {
      const run = await this.try(() => call("run", { run: id }));
      if (run) this.takeRun(run);
    }
  }

  /** Reads a run anew that another workstation drives: of that nobody tells by itself. */
  async readRun(id: string) {
    try {
      this.takeRun(await call("run", { run: id }));
    } catch {
      // Shown on as it was, with its age; the next try may do better.
    }
  }

  async loadLeftBehind() {
    const context = this.open?.name;
    if (context === undefined) return;
    if (this.leftBehind.is !== "there") this.leftBehind = { is: "loading", since: Date.now() };
    try {
      const value = await call("doctor", { context });
      if (this.open?.name === context) this.leftBehind = { is: "there", value };
    } catch (cause) {
      if (this.open?.name === context) this.leftBehind = { is: "failed", error: asUiError(cause) };
    }
  }

  async loadRuns() {
    if (this.runList.is !== "there") this.runList = { is: "loading", since: Date.now() };
    try {
      this.runList = { is: "there", value: await call("runs", {}) };
    } catch (cause) {
      this.runList = { is: "failed", error: asUiError(cause) };
    }
  }

  /** Sends a command of a run; its answer is the new view. */
  async runCommand(send: () => Promise<RunView>): Promise<boolean> {
    const run = await this.try(send);
    if (run) this.takeRun(run);
    return run !== null;
  }

  /** Runs a call and shows its failure; null = it failed. */
  async try<T>(send: () => Promise<T>): Promise<T | null> {
    try {
      return await send();
    } catch (cause) {
      this.fail(asUiError(cause));
      return null;
    }
  }

  fail(error: UiError) {
    this.toasts = [...this.toasts.slice(-2), { id: ++this.toastId, error }];
  }

  dismiss(id: number) {
    this.toasts = this.toasts.filter((x) => x.id !== id);
  }

  /** Esc: one level back. Says whether there was one. */
  back(): boolean {
    if (this.overlay !== null) {
      if (this.overlay === "leaving") void this.leave(false);
      else if (this.overlay === "place") this.leavePlace();
      else this.overlay = null;
      return true;
    }
    switch (this.screen.at) {
      case "clusters":
        return false;
      case "map":
        if (this.filter !== "") this.filter = "";
        else if (this.selected !== null) this.select(null);
        else return false;
        return true;
      case "settings":
      case "diagnostics":
        this.screen = this.open ? (this.beforeSettings ?? { at: "map" }) : { at: "clusters" };
        return true;
      case "report":
        void this.openRun(this.screen.run);
        return true;
      case "walk":
      case "run":
      case "incident":
      case "runs":
        this.screen = this.open ? { at: "map" } : { at: "clusters" };
        void this.loadWayBack();
        return true;
    }
  }
}

export const app = new App();
