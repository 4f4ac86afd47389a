import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { asUiError } from "../api";
import { contexts, freshness } from "../platform/fake/contexts";
import { run } from "../platform/fake/run";
import { shop } from "../platform/fake/shop";
import { sentence } from "../platform/fake/world";
import { speak } from "../i18n/index.svelte";
import { app } from "../state/app.svelte";
import App from "./App.svelte";
import { anew, fake } from "../test-window";

const user = userEvent.setup();
const names = () => fake.calls.map((c) => c.name);

beforeEach(anew);
afterEach(() => {
  cleanup();
  return speak("en");
});

async function openShop() {
  render(App);
  const row = await waitFor(
    () => screen.getAllByTestId("context-row").find((r) => r.dataset["context"] === "prod-kr") as HTMLElement,
  );
  await user.click(within(row).getByTestId("open-context"));
  await screen.findByTestId("map");
  await waitFor(() => expect(app.graph.nodes.size).toBeGreaterThan(0));
}

describe("the window", () => {
  it("acknowledges a batch only after the frame that drew it", async () => {
    await openShop();
    const acks = () => fake.calls.filter((c) => c.name === "ack_graph" && "seq" in c.args && c.args.seq === 41).length;
    const drawn: string[] = [];
    const off = app.addPainter(() => drawn.push(`painted ${app.graph.seq}, ${acks()} acks`));
    fake.emit({ type: "graph", data: shop("prod-kr", 41) });
    expect(acks()).toBe(0);
    await waitFor(() => expect(acks()).toBe(1));
    expect(drawn).toContain("painted 41, 0 acks");
    off();
  });

  it("walks from a node to a plan, and Start stays off until it may", async () => {
    await openShop();
    app.select("Deployment/shop/web");
    await user.click(await screen.findByTestId("roll-out"));
    const image = await screen.findByTestId("image-web");
    expect(screen.getByTestId("walk-next")).toHaveAttribute("aria-disabled", "true");
    await user.clear(image);
    await user.type(image, "registry.shop.example/web:5.9.0");
    await user.click(screen.getByTestId("walk-next"));
    expect(await screen.findByTestId("strategy-blue-green")).toHaveAttribute("aria-checked", "true");
    await user.click(screen.getByTestId("walk-next"));
    await screen.findByTestId("findings-done");
    expect(names()).not.toContain("start_run");
    await user.click(screen.getByTestId("walk-next"));
    const start = await screen.findByTestId("start");
    expect(start).toHaveAttribute("aria-disabled", "true");
    expect(document.activeElement).not.toBe(start);
    await user.click(start);
    expect(names()).not.toContain("start_run");
    await user.type(screen.getByTestId("confirm-name"), "prod-kr");
    expect(start).toHaveAttribute("aria-disabled", "false");
    // Stale comes in between: off again.
    fake.emit({ type: "freshness", data: freshness("prod-kr", false) });
    await waitFor(() => expect(start).toHaveAttribute("aria-disabled", "true"));
    await user.click(start);
    expect(names()).not.toContain("start_run");
    fake.emit({ type: "freshness", data: freshness("prod-kr", true) });
    await waitFor(() => expect(start).toHaveAttribute("aria-disabled", "false"));
    await user.click(start);
    await screen.findByTestId("headline");
    expect(names()).toContain("start_run");
  });

  it("calls a plan without a new version by its verb, once, and says why a walk cannot go on that could not be read", async () => {
    await openShop();
    fake.failing.set("workload", asUiError(new Error("no answer")));
    app.screen = { at: "walk", target: "Deployment/shop/api", mode: "rollOut" };
    await screen.findByTestId("notice-failed");
    expect(screen.getByTestId("walk-next").previousElementSibling).toHaveTextContent("api could not be read");
    fake.failing.clear();
    app.screen = { at: "walk", target: "Deployment/shop/web", mode: "restart" };
    await screen.findByText("Restart web?");
    for (let page = 0; page < 2; page++) {
      await waitFor(() => expect(screen.getByTestId("walk-next")).toHaveAttribute("aria-disabled", "false"));
      await user.click(screen.getByTestId("walk-next"));
    }
    await screen.findByTestId("plan-steps");
    expect(screen.getAllByRole("heading").map((h) => h.textContent.trim())).toEqual([
      "Restart web, step by step",
      "Restart",
    ]);
  });

  it("says in red that a server is not verified, and allows writes to it only for a reason", async () => {
    await openShop();
    const loose = (environment: "development" | "production") =>
      app.take({
        type: "contexts",
        data: {
          ...contexts(),
          open: "prod-kr",
          contexts: contexts().contexts.map((c) =>
            c.name === "prod-kr" ? { ...c, environment, unverified: "certificate", writes: "unverified" } : c,
          ),
        },
      });
    loose("production");
    fake.emit({ type: "freshness", data: freshness("prod-kr", true) });
    expect(await screen.findByTestId("unverified")).toHaveTextContent("server not verified");
    await user.click(screen.getByTestId("writes"));
    expect(await screen.findByTestId("unlock")).toHaveTextContent("Production is not written to that way");
    expect(screen.queryByTestId("unlock-ok")).toBeNull();
    loose("development");
    const allow = await screen.findByTestId("unlock-ok");
    expect(allow).toHaveAttribute("aria-disabled", "true");
    await user.type(screen.getByTestId("unlock-reason"), "  own machine ");
    await waitFor(() => expect(allow).toHaveAttribute("aria-disabled", "false"));
    await user.click(allow);
    await waitFor(() => expect(names()).toContain("unlock"));
    expect(fake.calls.find((c) => c.name === "unlock")?.args).toEqual({
      context: "prod-kr",
      typed: "",
      reason: "own machine",
    });
  });

  it("tells apart per kind what is refused, not installed, not loaded and stale", async () => {
    await openShop();
    const states = ["live", "notInstalled", "listing", "stale", "broken", "forbidden"];
    const kinds = states.map((state) => ({
      kind: `Kind-${state}`,
      state,
      note: state === "forbidden" ? sentence("{words}", { words: "no right" }) : null,
    }));
    fake.emit({ type: "freshness", data: { ...freshness("prod-kr", true), kinds } });
    expect(await screen.findByTestId("kinds-unseen")).toHaveTextContent("3");
    await user.click(screen.getByTestId("freshness"));
    const rows = within(await screen.findByTestId("kinds")).getAllByRole("row");
    expect(rows.map((r) => r.textContent)).toEqual([
      "Kind-forbiddennot allowedno right",
      "Kind-brokencannot be read",
      "Kind-stalestale",
      "Kind-listingbeing loaded",
      "Kind-livelive",
      "Kind-notInstallednot installed",
    ]);
    await user.keyboard("{Escape}");
    expect(screen.queryByTestId("kinds")).toBeNull();
  });

  it("cuts over only by a hold or a second press, and never while stale or not clear", async () => {
    await openShop();
    fake.allow("prod-kr");
    fake.emit({ type: "freshness", data: freshness("prod-kr", true) });
    fake.stage("not-clear");
    await app.openRun("bg-cart-3f9a1c");
    const approve = await screen.findByTestId("approve");
    expect(approve).toHaveAttribute("aria-disabled", "true");
    fake.stage("gate");
    await waitFor(() => expect(screen.getByTestId("approve")).toHaveAttribute("aria-disabled", "false"));
    expect(screen.getByTestId("headline")).toHaveTextContent("All traffic is still on blue");
    await user.click(screen.getByTestId("approve"));
    expect(names()).not.toContain("approve");
    screen.getByTestId("approve").focus();
    await user.keyboard("{Enter}");
    expect(names()).not.toContain("approve");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(names()).toContain("approve"));
    expect(fake.calls.find((c) => c.name === "approve")?.args).toEqual({ run: "bg-cart-3f9a1c", gate: "cut-over" });
    fake.stage("gate");
    fake.emit({ type: "freshness", data: freshness("prod-kr", false) });
    await waitFor(() => expect(screen.getByTestId("approve")).toHaveAttribute("aria-disabled", "true"));
    expect(screen.getByTestId("back-out")).toHaveTextContent("14 s old");
    // What was so is not told as what is so.
    expect(screen.getByTestId("headline")).toHaveTextContent("Not live: this is how it was at");
    expect(screen.getByTestId("run-picture")).toHaveClass("hatch");
  });

  it("shows a run where it is when the page is loaded anew in the middle", async () => {
    await openShop();
    fake.stage("gate");
    await app.openRun("bg-cart-3f9a1c");
    await screen.findByTestId("approve");
    cleanup();
    app.runs = {};
    app.screen = { at: "clusters" };
    render(App);
    expect(await screen.findByTestId("approve")).toBeInTheDocument();
    expect(screen.getByTestId("app")).toHaveAttribute("data-screen", "run");
  });

  it("shows a hold with its three versions and its answers, and what reverts by hand when stuck", async () => {
    await openShop();
    fake.allow("prod-kr");
    fake.stage("hold");
    await app.openRun("bg-cart-3f9a1c");
    await user.click(await screen.findByTestId("choice-re-pin"));
    expect(fake.calls.find((c) => c.name === "choose")?.args).toEqual({ run: "bg-cart-3f9a1c", choice: "re-pin" });
    fake.stage("hold");
    await screen.findByTestId("choice-re-pin");
    await user.keyboard("p");
    await waitFor(() => expect(fake.calls.filter((c) => c.name === "choose")).toHaveLength(2));
    fake.stage("stuck");
    expect(await screen.findByTestId("break-glass-card")).toHaveTextContent("kubectl");
    expect(screen.getByTestId("choice-back-out")).toHaveAttribute("aria-disabled", "false");
  });

  it("goes back in a rollback that runs, by its button as by its key", async () => {
    await openShop();
    fake.allow("prod-kr", "allowed");
    fake.emit({ type: "freshness", data: freshness("prod-kr", true) });
    await app.openRun(fake.stage("rollback").id);
    const back = await screen.findByTestId("back-out");
    await waitFor(() => expect(back).toHaveAttribute("data-kind", "rollback"));
    expect(back).toHaveAttribute("aria-disabled", "false");
    expect(back).toHaveTextContent("Undo the rollback");
    await user.click(back);
    // What it writes is in sight, and a press of Enter too much does nothing.
    expect(await screen.findByTestId("undoes")).toHaveTextContent("Deployment payments");
    expect(screen.getByTestId("diff")).toHaveTextContent("image:");
    expect(screen.getByText("Cancel")).toHaveFocus();
    await user.click(screen.getByTestId("back-out-ok"));
    await waitFor(() => expect(names()).toContain("back_out"));
    expect(fake.calls.find((c) => c.name === "back_out")?.args).toEqual({ run: "rb-payments-88aa01", reason: null });
  });

  it("says on the gauge and on the button why one cannot go back now, and shows what it would do all the same", async () => {
    await openShop();
    fake.allow("prod-kr");
    fake.emit({ type: "freshness", data: freshness("prod-kr", true) });
    await app.openRun(fake.stage("gate").id);
    const gauge = screen.getByTestId("gauge");
    await waitFor(() => expect(gauge).toHaveAttribute("aria-disabled", "false"));
    fake.emit({ type: "freshness", data: freshness("prod-kr", false) });
    const back = await screen.findByTestId("back-out");
    await waitFor(() => expect(back).toHaveTextContent("What you see is 14 s old"));
    expect(screen.getByTestId("approve")).toHaveTextContent("off: nothing can be written now");
    expect(screen.queryByTestId("writes-off")).toBeNull();
    await user.click(back);
    expect(await screen.findByTestId("back-out-ok")).toHaveAttribute("aria-disabled", "true");
    await user.keyboard("{Escape}");
    fake.emit({ type: "freshness", data: freshness("prod-kr", true) });
    fake.stage("elsewhere");
    await waitFor(() => expect(gauge).toHaveTextContent("drives this run: nothing is written from here"));
    expect(gauge).toHaveAttribute("aria-disabled", "true");
    await user.click(gauge);
    expect(app.overlay).toBeNull();
    fake.stage("backing-out");
    await waitFor(() => expect(gauge).toHaveTextContent("this run is going back already"));
    fake.stage("done");
    await waitFor(() => expect(gauge).toHaveAttribute("aria-disabled", "false"));
    await user.click(gauge);
    expect(app.screen).toMatchObject({ at: "walk", mode: "rollBack" });
  });

  it("says whether probes and logs may yet come, or are none of this window's any more", async () => {
    await openShop();
    await app.openRun(fake.stage("starting").id);
    const evidence = await screen.findByTestId("evidence");
    await waitFor(() => expect(evidence).toHaveTextContent("No probe yet"));
    fake.stage("elsewhere");
    await waitFor(() => expect(evidence).toHaveTextContent("Not probed from here"));
    expect(evidence).toHaveTextContent("Not read from here");
    fake.stage("backed-out");
    await waitFor(() => expect(evidence).toHaveTextContent("No longer probed"));
    expect(evidence).not.toHaveTextContent("Log of green");
  });

  it("tells how the cutover was proven, what was noted, and what finishing ends", async () => {
    await openShop();
    fake.allow("prod-kr");
    fake.stage("soaked");
    await app.openRun("bg-cart-3f9a1c");
    expect(await screen.findByTestId("proof")).toHaveTextContent("proven by endpoints and probes");
    expect(screen.getByTestId("headline-proof")).toHaveTextContent("proven by endpoints and probes");
    expect(screen.getByTestId("note")).toHaveTextContent("https://shop.example.com/cart");
    expect(screen.getByTestId("connections")).toHaveAttribute("data-seen", "unknown");
    expect(screen.getByTestId("expect")).toHaveTextContent("8 of 8 POSTs");
    expect(screen.getAllByTestId("gate-cut").map((e) => e.textContent)).toEqual([
      expect.stringContaining("cart"),
      expect.stringContaining("cart-green"),
    ]);
    expect(screen.getByTestId("gate-follows")).toHaveTextContent("10 steps follow, in this order");
    // What this run itself does not take back any more, a rollback does.
    expect(screen.getByRole("group", { name: "Way back from each step" })).toHaveTextContent("rollback only");
    const shown = run("soaked");
    for (const [kind, words] of [
      ["anonymous", "does not say who answers"],
      ["endpoints", "no entry to ask"],
      ["unreached", "did not answer from here"],
      ["unproven", "not proven, you went on"],
    ] as const) {
      app.take({ type: "run", data: { ...shown, proof: shown.proof && { ...shown.proof, kind } } });
      await waitFor(() => expect(screen.getByTestId("proof")).toHaveTextContent(words));
    }
    fake.stage("done");
    await waitFor(() => expect(screen.getByTestId("connections")).toHaveAttribute("data-seen", "ended"));
    expect(screen.queryByTestId("expect")).toBeNull();
    fake.stage("gate");
    await waitFor(() => expect(screen.queryByTestId("proof")).toBeNull());
    expect(screen.queryByTestId("gate-cut")).toBeNull();
  });

  it("says what happened when a call is refused", async () => {
    render(App);
    fake.failing.set(
      "open_context",
      asUiError({
        code: "forbidden",
        message: sentence("{what}: not allowed", { what: "pods" }),
        detail: sentence("{words}", { words: "pods is forbidden" }),
        hint: sentence("ask for the right, or follow other namespaces"),
      }),
    );
    await screen.findAllByTestId("context-row");
    await app.openContext("dev-b");
    const toast = await screen.findByTestId("toast");
    for (const said of ["pods: not allowed", "pods is forbidden", "Ask for the right"])
      expect(toast).toHaveTextContent(said);
    expect(app.screen.at).toBe("clusters");
    await speak("ko");
    await waitFor(() => expect(toast).toHaveTextContent("pods: 권한이 없습니다"));
    expect(toast).toHaveTextContent("pods is forbidden");
    expect(toast).toHaveTextContent("권한을 요청하거나 다른 네임스페이스를 선택하세요");
  });

  it("says in Korean what is to be said of a context or a file", async () => {
    render(App);
    await screen.findAllByTestId("context-row");
    await speak("ko");
    const row = async (name: string) =>
      (await screen.findAllByTestId("context-row")).find((r) => r.dataset["context"] === name) as HTMLElement;
    await waitFor(async () =>
      expect(await row("dev-ci")).toHaveTextContent("10.20.0.4:6443: 5초 안에 응답이 없습니다"),
    );
    expect(await row("dev-ci")).toHaveTextContent("네트워크, VPN, 프록시를 확인하고 다시 여세요");
    expect(await row("dev-sso")).toHaveTextContent("프로그램으로 로그인하며, 컨텍스트를 열 때 실행됩니다: kubelogin");
    expect(await row("stage-next")).toHaveTextContent("이런 이름의 사용자가 없습니다: “j.seo”");
    expect(screen.getByTestId("clusters").parentElement).toHaveTextContent("같은 이름이 두 번 있어 앞의 것이 쓰입니다");
  });

  it("says in Korean why what is shown is old, and which kinds are not there", async () => {
    await openShop();
    await speak("ko");
    fake.emit({ type: "freshness", data: freshness("prod-kr", false) });
    await waitFor(() => expect(screen.getByTestId("freshness").title).toContain("연결이 끊겼습니다(HTTP 503)"));
    await user.click(screen.getByTestId("freshness"));
    const kinds = await screen.findByTestId("kinds");
    expect(kinds).toHaveTextContent("연결이 끊겼습니다(HTTP 503)");
    expect(within(kinds).getByText("VerticalPodAutoscaler").closest("tr")).toHaveTextContent("설치되지 않음");
  });

  it("shows a context that another file hides, and offers it nowhere", async () => {
    await openShop();
    app.take({
      type: "contexts",
      data: {
        ...contexts(),
        open: "prod-kr",
        shadowed: ["a", "b"].map((f) => ({
          name: "prod-kr",
          server: "https://other",
          file: `/tmp/${f}.yaml`,
          by: "~/.kube/config",
        })),
      },
    });
    expect(await screen.findAllByTestId("rail-context")).toHaveLength(contexts().contexts.length);
    app.screen = { at: "clusters" };
    const hidden = await screen.findAllByTestId("context-shadowed");
    expect(hidden.map((h) => h.textContent)).toEqual([
      expect.stringContaining("/tmp/a.yaml"),
      expect.stringContaining("/tmp/b.yaml"),
    ]);
    for (const h of hidden) expect(within(h).queryByRole("button")).toBeNull();
    const rows = screen.getAllByTestId("context-row").filter((r) => r.dataset["context"] === "prod-kr");
    expect(rows).toHaveLength(1);
    app.overlay = "palette";
    const palette = await screen.findByTestId("palette");
    expect(
      within(palette)
        .getAllByRole("option")
        .filter((o) => o.textContent.includes("prod-kr")),
    ).toHaveLength(1);
  });

  it("shows the program that would sign in before it may, and approves just what was shown", async () => {
    render(App);
    const row = await waitFor(
      () => screen.getAllByTestId("context-row").find((r) => r.dataset["context"] === "dev-mail") as HTMLElement,
    );
    await user.click(within(row).getByTestId("open-context"));
    const dialog = await screen.findByTestId("program");
    for (const shown of [
      "/home/j.seo/bin/login",
      "--oidc-issuer-url=https://sso.example.com",
      "SSO_PROFILE",
      "b94d27b9",
    ])
      expect(dialog.textContent).toContain(shown);
    expect(fake.calls.map((c) => c.name)).not.toContain("approve_program");
    expect(document.activeElement?.textContent).toBe("Cancel");
    await user.click(within(dialog).getByTestId("approve-program"));
    expect(fake.calls.find((c) => c.name === "approve_program")?.args).toEqual({
      context: "dev-mail",
      fingerprint: "5e1f0c",
    });
    await waitFor(() => expect(fake.calls.filter((c) => c.name === "open_context")).toHaveLength(2));
    expect(screen.queryByTestId("program")).toBeNull();
    await screen.findByTestId("map");
  });

  it("shows what a program says that signs in, and stops it", async () => {
    render(App);
    const said = "To sign in, open https://microsoft.com/devicelogin and enter the code AB12CD34";
    const running = { command: "kubelogin", ageMs: 12_000, withinMs: 300_000, said };
    const all = contexts();
    const row = () =>
      screen.getAllByTestId("context-row").find((r) => r.dataset["context"] === "dev-sso") as HTMLElement;
    await screen.findAllByTestId("context-row");
    // Until what was asked at the start has come: that takes the place of what is told here.
    await waitFor(async () => {
      app.take({
        type: "contexts",
        data: { ...all, contexts: all.contexts.map((c) => (c.name === "dev-sso" ? { ...c, signingIn: running } : c)) },
      });
      await waitFor(() => expect(within(row()).getByTestId("sign-in-said").textContent).toContain("AB12CD34"));
      await user.click(within(row()).getByTestId("stop-sign-in"));
      expect(fake.calls).toContainEqual({ name: "stop_sign_in", args: { context: "dev-sso" } });
    });
  });

  it("asks every context when the clusters show, and draws each answer as it comes", async () => {
    render(App);
    const row = async (name: string) =>
      (await screen.findAllByTestId("context-row")).find((r) => r.dataset["context"] === name) as HTMLElement;
    await waitFor(() => expect(names().filter((n) => n === "probe_contexts")).toHaveLength(1));
    expect(await row("prod-jp")).toHaveTextContent("Answers");
    expect(await row("prod-jp")).toHaveTextContent("v1.37.1");
    expect(await row("stage-kr")).toHaveTextContent("Certificate is not trusted");
    expect(await row("dev-b")).toHaveTextContent("Not allowed");
    expect(await row("dev-ci")).toHaveTextContent("no answer within 5 s");
    expect(await row("dev-sso")).toHaveTextContent("runs when the context is opened");
    const next = contexts();
    next.contexts = next.contexts.map((c) => (c.name === "dev-ci" ? { ...c, state: "connecting", problem: null } : c));
    fake.emit({ type: "contexts", data: next });
    await waitFor(async () => expect(await row("dev-ci")).toHaveAttribute("data-state", "connecting"));
    await user.click(screen.getByTestId("ask-contexts"));
    expect(names().filter((n) => n === "probe_contexts")).toHaveLength(2);
  });

  it("says where it looked for a cluster, looks again, and tells of the practice lab", async () => {
    fake.forget();
    render(App);
    const first = await screen.findByTestId("first-start");
    expect(first).toHaveTextContent("/home/ann/.kube/config");
    expect(first).toHaveTextContent("missing: skipped");
    expect(first).toHaveTextContent("cargo xtask run --lab");
    await waitFor(() => expect(screen.getByTestId("ask-contexts")).toHaveTextContent("Look again"));
    const asked = () => names().filter((n) => n === "probe_contexts").length;
    const before = asked();
    await user.click(screen.getByTestId("ask-contexts"));
    expect(asked()).toBe(before + 1);
  });

  it("says why a map is empty: not read, not allowed, or nothing there", async () => {
    fake.silent = true;
    fake.failing.set("graph", { code: "unreachable", message: sentence("yes"), detail: null, hint: null });
    render(App);
    await screen.findAllByTestId("context-row");
    await app.openContext("prod-kr");
    const again = await screen.findByTestId("graph-again");
    fake.failing.clear();
    fake.answers.set("graph", { ...shop("prod-kr"), nodes: [], edges: [], findings: [], routes: [] });
    await user.click(again);
    const map = screen.getByTestId("map");
    await waitFor(() => expect(within(map).getByTestId("notice-loading")).toBeInTheDocument());
    const kinds = (state: string) =>
      fake.emit({
        type: "freshness",
        data: { ...freshness("prod-kr", true), kinds: [{ kind: "Pod", state, note: null }] },
      });
    kinds("listing");
    expect(within(map).getByTestId("notice-loading")).toBeInTheDocument();
    kinds("forbidden");
    expect(await within(map).findByTestId("notice-refused")).toHaveTextContent("The cluster refuses to list: Pod");
    kinds("live");
    expect(await within(map).findByTestId("notice-empty")).toHaveTextContent("No workloads here");
  });

  it("says in the inspector what is not shown, why, and what to do", async () => {
    await openShop();
    const fails = (code: "forbidden" | "not-found") =>
      fake.failing.set("object", { code, message: sentence("yes"), detail: null, hint: null });
    fails("forbidden");
    app.select("Deployment/shop/payments");
    const pane = screen.getByTestId("inspector");
    expect(await within(pane).findByTestId("notice-refused")).toHaveTextContent("You may not read this");
    expect(pane).toHaveTextContent("Deployment in shop");
    fails("not-found");
    await user.click(within(pane).getByTestId("object-again"));
    expect(await within(pane).findByTestId("notice-empty")).toHaveTextContent("not there any more");
    fake.failing.clear();
    app.select("Deployment/shop/payments");
    await within(pane).findByTestId("inspector-name");
    expect(within(pane).queryByTestId("inspector-stale")).toBeNull();
    fake.live = false;
    fake.beat();
    expect(await within(pane).findByTestId("inspector-stale")).toHaveTextContent("shown as it was at");
  });

  it("tells which share of each route comes by what is selected, and asks again when the map changed", async () => {
    await openShop();
    app.select("Deployment/shop/api-canary");
    const traffic = within(await screen.findByTestId("traffic"));
    const routes = traffic.getAllByTestId("traffic-route");
    expect(routes).toHaveLength(1);
    expect(routes[0]).toHaveTextContent("shop.example.com/api By Gateway edge");
    const cells = traffic.getAllByRole("row").map((r) =>
      within(r)
        .getAllByRole("cell")
        .map((c) => c.textContent.trim()),
    );
    expect(cells.map((c) => c.filter((x) => x !== "")[0])).toEqual(["90 %", "90 %", "10 %", "10 %"]);
    const asked = () => fake.calls.filter((c) => c.name === "routes").length;
    const before = asked();
    app.graphRev += 1;
    await waitFor(() => expect(asked()).toBe(before + 1), { timeout: 3000 });
    await user.click(traffic.getByRole("button", { name: "Service api" }));
    expect(app.selected).toBe("Service/shop/api");
    app.select("Gateway/shop/edge");
    await waitFor(() => expect(screen.getAllByTestId("traffic-route").length).toBeGreaterThan(3));
  });

  it("tells who answers a request by versions, why other rules do not, and leads to them on the map", async () => {
    await openShop();
    app.select("HTTPRoute/shop/shop#shop.example.com/api");
    await user.keyboard("w");
    const dialog = within(await screen.findByTestId("trace"));
    const url = dialog.getByTestId("trace-url");
    expect(url).toHaveFocus();
    expect(url).toHaveValue("http://shop.example.com/api");
    await user.type(url, "/orders{Enter}");
    const answer = within(await dialog.findByTestId("trace-answer"));
    await answer.findByRole("button", { name: "HTTPRoute shop: shop.example.com/api" });
    const rows = answer.getAllByRole("row").map((r) =>
      within(r)
        .getAllByRole("cell")
        .map((c) => c.textContent.trim()),
    );
    expect(rows[0]).toEqual(["90 %", "Service api:80"]);
    expect(rows[1]?.slice(1, 3)).toEqual(["90 %", expect.stringMatching(/^B /)]);
    expect(rows[2]).toEqual(["10 %", "Service api-canary:80"]);
    expect(answer.getByText("one of a greater priority is asked first")).toBeInTheDocument();
    expect(answer.getByText(/Only the routes of shop were looked at/)).toBeInTheDocument();
    const asked = fake.calls.find((c) => c.name === "trace");
    expect(asked?.args).toEqual({
      context: "prod-kr",
      request: { method: "GET", url: "http://shop.example.com/api/orders", headers: [] },
    });
    await user.click(answer.getByRole("button", { name: "Service api-canary" }));
    expect(screen.queryByTestId("trace")).toBeNull();
    expect(app.selected).toBe("Service/shop/api-canary");
  });

  it("shows what a revision changes against the one before", async () => {
    await openShop();
    app.select("Deployment/shop/web");
    app.tab = "versions";
    const diffs = await screen.findAllByTestId("revision-diff");
    const revisions = screen.getAllByTestId("revision");
    expect(diffs).toHaveLength(revisions.length - 1);
    expect(diffs[0]).toHaveAttribute("open");
    expect(diffs[0]).toHaveTextContent("Changes against revision 111");
    expect(diffs[0]).toHaveTextContent("web:5.7.0");
    expect(diffs[0]).toHaveTextContent("web:5.8.0");
  });

  it("writes the report of a run in the window's language, copies and saves it, and says what the clipboard refused", async () => {
    await openShop();
    fake.stage("done");
    await app.openRun("bg-cart-3f9a1c");
    await screen.findByTestId("run");
    await user.keyboard("e");
    const lines = await screen.findByTestId("report-timeline");
    expect(lines).toHaveTextContent("ann@laptop as admin drives it");
    expect(lines).toHaveTextContent("every endpoint is of the new colour");
    await speak("ko");
    await waitFor(() => expect(screen.getByTestId("report-screen")).toHaveTextContent("진행 내역"));
    expect(lines).not.toHaveTextContent("every endpoint");
    await speak("en");
    const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValueOnce().mockRejectedValueOnce(new Error());
    const copy = screen.getByTestId("report-copy");
    await waitFor(() => expect(copy).toHaveAttribute("aria-disabled", "false"));
    await user.click(copy);
    await waitFor(() => expect(copy).toHaveAttribute("data-said", "copied"));
    expect(write).toHaveBeenLastCalledWith("markdown: bg-cart-3f9a1c");
    await user.click(screen.getByTestId("format-html"));
    await waitFor(() => expect(copy).toHaveAttribute("aria-disabled", "false"));
    await user.click(copy);
    expect(write).toHaveBeenLastCalledWith("html: bg-cart-3f9a1c");
    expect(await screen.findByText(/The clipboard refused it/)).toBeVisible();
    await user.click(screen.getByTestId("report-save"));
    await waitFor(() => expect(screen.getByTestId("report-saved")).toHaveTextContent("changeover-bg-cart-3f9a1c.html"));
    await user.keyboard("{Escape}");
    await screen.findByTestId("run");
  });

  it("speaks in the gauge of the one workload that a Service or a pod leads to", async () => {
    await openShop();
    const node = (kind: string, name: string) =>
      [...app.graph.nodes.values()].find((n) => n.kind === kind && n.name === name)?.id ?? "";
    app.select(node("Service", "payments"));
    await waitFor(() => expect(app.wayBackOf).toBe("Deployment/shop/payments"));
    app.select([...app.graph.nodes.values()].find((n) => n.kind === "Pod" && n.name.startsWith("web-"))?.id ?? "");
    await waitFor(() => expect(app.wayBackOf).toBe("Deployment/shop/web"));
    // What leads to several has no one way back: the last run's is shown, as where nothing is selected.
    const split = [...app.graph.nodes.values()].find((n) => n.rank === 1 && (app.graph.out.get(n.id)?.size ?? 0) > 1);
    app.select(split?.id ?? "");
    expect(app.selected).not.toBe("");
    await waitFor(() => expect(app.wayBackOf).toBeNull());
  });

  it("finds a command by its English word, whatever is spoken, and what can be done first", async () => {
    await openShop();
    await speak("ko");
    app.overlay = "palette";
    const palette = await screen.findByTestId("palette");
    await user.type(within(palette).getByRole("combobox"), "incident");
    const [first] = within(palette).getAllByRole("option");
    expect(first).not.toHaveAttribute("aria-disabled", "true");
    expect(first).toHaveTextContent("장애");
    await user.keyboard("{Enter}");
    await screen.findByTestId("incident");
  });

  it("opens on the likeliest cause, has going back checked at once, and focuses its start without starting it", async () => {
    await openShop();
    fake.allow("prod-kr");
    await user.keyboard("{Shift>}[Digit1]{/Shift}");
    await screen.findByTestId("incident");
    await waitFor(() =>
      expect(screen.getByTestId("incident-headline")).toHaveTextContent(
        /^payments-5f8b47d96c-x4m7p fails: CrashLoopBackOff$/,
      ),
    );
    const changes = await screen.findAllByTestId("change");
    expect(changes.map((c) => c.dataset["likely"])).toEqual(["most", "part", "unlikely", "unlikely"]);
    expect(changes[0]).toHaveTextContent("way back about 35 s");
    // The gauge speaks of what is chosen here.
    await waitFor(() => expect(screen.getByTestId("gauge")).toHaveTextContent("payments: back to revision"));
    await waitFor(() => expect(changes[0]).toHaveFocus());
    const preview = screen.getByTestId("incident-preview");
    expect(preview).toHaveTextContent("Back to revision 46");
    await screen.findByTestId("start");
    expect(names().slice(-2)).toEqual(["make_plan", "check_plan"]);
    await user.keyboard("{ArrowDown}");
    await waitFor(() => expect(preview).toHaveTextContent("kubectl-edit wrote it"));
    expect(screen.queryByTestId("start")).toBeNull();
    await user.keyboard("{ArrowUp}");
    await screen.findByTestId("start");
    await user.keyboard("{Enter}");
    expect(screen.getByTestId("start")).toHaveFocus();
    expect(names()).not.toContain("start_run");
    await user.keyboard("{Escape}");
    await screen.findByTestId("map");
    await waitFor(() => expect(screen.getByTestId("gauge")).not.toHaveTextContent("payments"));
  });

  it("speaks in an incident of what would be taken back there, and of nothing else", async () => {
    await openShop();
    const gauge = screen.getByTestId("gauge");
    await waitFor(() => expect(gauge).toHaveTextContent("nothing was rolled out from here yet"));
    fake.stage("draining");
    await app.loadWayBack();
    await waitFor(() => expect(gauge).toHaveTextContent("cart: flip back"));
    fake.failing.set("incident", asUiError(new Error("no answer")));
    app.screen = { at: "incident" };
    await screen.findByTestId("notice-failed");
    expect(gauge.textContent.trim()).toBe("way back not known");
    await user.keyboard("gm");
    await waitFor(() => expect(gauge).toHaveTextContent("cart: flip back"));
  });

  it("leaves Esc and Enter to the input method while Korean is composed, and hears its shortcuts by their place", async () => {
    await openShop();
    const press = (code: string, key: string, more: KeyboardEventInit = {}) =>
      fireEvent.keyDown(document.activeElement ?? document.body, { code, key, ...more });
    // The letter of R on the two-set layout, with no field to compose in.
    await user.click(document.querySelector<HTMLElement>("[data-node='Deployment/shop/web']")!);
    await press("KeyT", "ㅅ");
    expect(app.list).toBe(true);
    await press("KeyT", "ㅅ");
    await press("Slash", "/");
    const field = await screen.findByTestId("search");
    await waitFor(() => expect(field).toHaveFocus());
    const compose = async (letters: string) => {
      await fireEvent.compositionStart(field);
      await fireEvent.compositionUpdate(field, { data: letters });
      await fireEvent.input(field, { target: { value: letters }, isComposing: true });
    };
    await compose("웨");
    await press("Escape", "Process", { isComposing: true, keyCode: 229 });
    expect(field).toHaveFocus();
    await fireEvent.compositionEnd(field, { data: "웨" });
    // WebKit says that the composition is over before it tells of the key that ended it.
    await press("Escape", "Escape", { keyCode: 229 });
    expect(field).toHaveFocus();
    await press("Escape", "Escape", { keyCode: 27 });
    expect(field).not.toHaveFocus();
    // A question keeps standing while its field is composed in.
    await user.keyboard("{Control>}k{/Control}");
    const palette = await screen.findByTestId("palette");
    await press("Escape", "Process", { isComposing: true, keyCode: 229 });
    await press("Enter", "Enter", { keyCode: 229 });
    expect(palette).toBeInTheDocument();
    await press("Escape", "Escape", { keyCode: 27 });
    await waitFor(() => expect(palette).not.toBeInTheDocument());
  });

  it("tells what changed lately under the map, anew when somebody changed something, and leads to it", async () => {
    await openShop();
    const line = screen.getByTestId("timeline");
    await waitFor(() => expect(line).toHaveAttribute("data-state", "there"));
    expect(line).toHaveAttribute("data-namespace", "shop");
    const marks = await within(line).findAllByTestId("timeline-mark");
    const rollout = marks.find((m) => m.title.includes("jenkins"));
    expect(rollout?.title).toContain("rollout: payments 3.8.4 → 3.9.0, jenkins");
    await user.click(rollout as HTMLElement);
    expect(await screen.findByTestId("inspector-name")).toHaveTextContent("payments");
    const asked = () => names().filter((n) => n === "incident").length;
    expect(asked()).toBe(1);
    vi.useFakeTimers();
    try {
      fake.emit({ type: "changed", data: { context: "prod-kr", namespaces: ["edge"] } });
      await vi.advanceTimersByTimeAsync(60_000);
      expect(asked()).toBe(1);
      fake.emit({ type: "changed", data: { context: "prod-kr", namespaces: ["shop"] } });
      fake.emit({ type: "changed", data: { context: "prod-kr", namespaces: ["shop"] } });
      await vi.advanceTimersByTimeAsync(10_000);
      expect(asked()).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it("asks before it opens what a link leads to, and connects to nothing by itself", async () => {
    await openShop();
    fake.asked = { context: "prod-jp", namespace: "shop", object: "Deployment/shop/web", run: null };
    app.take({ type: "followed" });
    const asked = await screen.findByTestId("place");
    expect(asked).toHaveTextContent("prod-jp");
    expect(asked).toHaveTextContent("Deployment/shop/web");
    expect(screen.getByTestId("place-stay")).toHaveFocus();
    const opened = () => names().filter((n) => n === "open_context").length;
    expect(opened()).toBe(1);
    await user.keyboard("{Escape}");
    expect(screen.queryByTestId("place")).toBeNull();
    expect(app.open?.name).toBe("prod-kr");

    fake.asked = { context: "prod-jp", namespace: "shop", object: "Deployment/shop/web", run: null };
    app.take({ type: "followed" });
    await user.click(await screen.findByTestId("place-go"));
    await waitFor(() => expect(app.open?.name).toBe("prod-jp"));
    expect(fake.calls.findLast((c) => c.name === "open_context")?.args).toEqual({
      context: "prod-jp",
      namespaces: ["shop"],
    });
    await waitFor(() => expect(screen.getByTestId("inspector-name")).toHaveTextContent("web"));
  });

  it("goes at once where a link leads in the context that is shown, and says what it does not know", async () => {
    await openShop();
    fake.asked = { context: "prod-kr", namespace: "shop", object: "Deployment/shop/web", run: null };
    app.take({ type: "followed" });
    await waitFor(() => expect(screen.getByTestId("inspector-name")).toHaveTextContent("web"));
    fake.asked = { context: "gone", namespace: null, object: null, run: null };
    app.take({ type: "followed" });
    await screen.findByText("context gone: not in the kubeconfig");
    expect(names().filter((n) => n === "open_context")).toHaveLength(1);
  });

  it("tells what is in the way of a context first, and gives all of it to be copied", async () => {
    await openShop();
    await user.keyboard("gd");
    const contexts = await screen.findAllByTestId("diagnostics-context");
    expect(contexts.map((c) => c.dataset["context"])).toEqual(["prod-jp", "prod-kr"]);
    expect(contexts[0]).toHaveTextContent("gke-gcloud-auth-plugin: not found on the PATH");
    expect(screen.getByTestId("diagnostics-unread")).toHaveTextContent("Secret: secrets is forbidden");
    await user.type(screen.getByTestId("log-filter"), "prod-jp");
    expect(screen.getByTestId("log").textContent.trim().split("\n")).toHaveLength(1);
    await user.click(screen.getByTestId("diagnostics-copy"));
    const copied = await navigator.clipboard.readText();
    expect(copied).toContain("! signIn: with the program gke-gcloud-auth-plugin");
    expect(copied).toContain("! Secret: secrets is forbidden");
    expect(copied).toContain("opens its window");
    await user.keyboard("{Escape}{Escape}");
    await screen.findByTestId("map");
  });

  it("asks before it is closed in the middle of runs, says what stays, and stays unless it is told to go", async () => {
    await openShop();
    const text = sentence("{object} serves", { object: "Deployment shop/cart-green" });
    const left = {
      run: "bg-cart-3f9a1c",
      target: "Deployment/shop/cart",
      context: "prod-kr",
      at: "soak" as const,
      text,
    };
    fake.would = [left];
    fake.emit({ type: "leaving" });
    const dialog = await screen.findByTestId("leaving");
    expect(dialog).toHaveTextContent("This window drives a run");
    expect(dialog).toHaveTextContent("nobody would watch it");
    expect(dialog).toHaveTextContent("Deployment shop/cart-green serves");
    await waitFor(() => expect(screen.getByTestId("leaving-stay")).toHaveFocus());
    // The run goes on meanwhile.
    fake.would = [{ ...left, at: "step" }];
    fake.stage("done");
    await waitFor(() => expect(dialog).toHaveTextContent("In the middle of a step"));
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByTestId("leaving")).toBeNull());
    fake.would = [left, { ...left, run: "b", at: "step" }];
    fake.emit({ type: "leaving" });
    await user.click(await screen.findByTestId("leaving-go"));
    expect(fake.left).toEqual([false, true]);
  });

  /** Shows the shop where everything has room, and stops its clocks at the full ten seconds, where axes take their step. */
  async function openShopByHand() {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    Object.assign(window, { innerWidth: 1600, innerHeight: 1000 });
    await openShop();
    vi.setTimerTickMode("manual");
    await vi.advanceTimersByTimeAsync(10_000 - (Date.now() % 10_000));
  }
  const afterwards = () => {
    cleanup();
    vi.useRealTimers();
    Object.assign(window, { innerWidth: 1024, innerHeight: 768 });
    app.tab = "overview";
  };

  it.each([
    ["map", "ProgressDeadlineExceeded"],
    ["clusters", "Answers"],
    ["incident", "Back to revision 46"],
  ] as const)("changes nothing on the screen while nothing happens (%s)", async (at, shows) => {
    try {
      await openShopByHand();
      app.select("Deployment/shop/payments");
      app.tab = "events";
      app.screen = { at };
      // As the core tells it: every second, the age of a heartbeat that is sent every three to four.
      const tell = (ageMs: number) =>
        fake.emit({ type: "freshness", data: { ...freshness("prod-kr", true), ageMs: ageMs % 3_600 } });
      tell(0);
      await vi.advanceTimersByTimeAsync(500);
      await vi.waitFor(() => expect(screen.getAllByText(shows).length).toBeGreaterThan(0));
      if (at === "map") expect(screen.getAllByTestId("timeline-mark").length).toBeGreaterThan(1);
      let painted = 0;
      const off = app.addPainter(() => painted++);
      const changes: string[] = [];
      const note = (all: MutationRecord[]) =>
        all.forEach((m) =>
          changes.push(`${m.type} ${m.attributeName ?? ""} in ${m.target.parentElement?.outerHTML.slice(0, 300)}`),
        );
      const seen = new MutationObserver(note);
      seen.observe(document, { childList: true, attributes: true, characterData: true, subtree: true });
      for (let second = 1; second <= 8; second++) {
        await vi.advanceTimersByTimeAsync(1000);
        tell(second * 1000);
      }
      await vi.advanceTimersByTimeAsync(500);
      note(seen.takeRecords());
      seen.disconnect();
      off();
      expect(changes).toEqual([]);
      expect(painted).toBe(0);
    } finally {
      afterwards();
    }
  });

  it("leaves the button that goes back under the finger while an incident is read anew", async () => {
    try {
      await openShopByHand();
      fake.allow("prod-kr");
      app.screen = { at: "incident" };
      const start = await vi.waitFor(() => screen.getByTestId("start"));
      start.focus();
      const asked = (name: string) => names().filter((n) => n === name).length;
      const before = asked("incident");
      for (let second = 0; second < 31; second++) {
        await vi.advanceTimersByTimeAsync(1000);
        fake.beat();
      }
      expect(asked("incident")).toBeGreaterThan(before);
      expect(asked("make_plan")).toBe(1);
      expect(start.isConnected).toBe(true);
      expect(start).toHaveFocus();
    } finally {
      afterwards();
    }
  });

  it("shows what is live as fresh in the list of clusters too, however old the list is", async () => {
    try {
      await openShopByHand();
      app.screen = { at: "clusters" };
      for (let second = 0; second < 15; second++) {
        await vi.advanceTimersByTimeAsync(1000);
        fake.beat();
      }
      const row = screen.getAllByTestId("context-row").find((r) => r.dataset["context"] === "prod-kr");
      expect(row).toHaveTextContent("< 5 s");
      expect(screen.getByTestId("freshness")).toHaveTextContent("live< 5 s");
    } finally {
      afterwards();
    }
  });

  it("counts the age once the proofs stop coming, moves the timeline on, and says that it is stale", async () => {
    try {
      await openShopByHand();
      const label = screen.getByTestId("freshness");
      const marks = () => screen.getAllByTestId("timeline-mark").map((m) => m.parentElement);
      const where = () => marks().map((m) => m?.style.left);
      fake.emit({ type: "freshness", data: { ...freshness("prod-kr", true), ageMs: 0 } });
      await vi.advanceTimersByTimeAsync(3_000);
      expect(label).toHaveTextContent("live< 5 s");
      const [same, before] = [marks(), where()];
      await vi.advanceTimersByTimeAsync(4_000);
      expect(label).toHaveTextContent(/live[67](\.\d)? s/);
      expect(label).toHaveAttribute("data-state", "live");
      expect(where()).toEqual(before);
      await vi.advanceTimersByTimeAsync(5_000);
      expect(label).toHaveTextContent(/stale1[12] s/);
      expect(label).toHaveAttribute("data-state", "stale");
      expect(app.writesOff).toMatch(/old/);
      expect(where()).not.toEqual(before);
      // They move and are not made anew: one of them may have the focus.
      expect(marks()).toEqual(same);
    } finally {
      afterwards();
    }
  });
});
