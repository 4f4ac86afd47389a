import { cleanup, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { denied, entry } from "../../platform/fake/logs";
import { sentence } from "../../platform/fake/world";
import { app } from "../../state/app.svelte";
import App from "../../views/App.svelte";
import { anew, fake } from "../../test-window";

const user = userEvent.setup();
const calls = (name: string) => fake.calls.filter((c) => c.name === name);

beforeEach(anew);
afterEach(cleanup);

async function openShop(select: string | null) {
  render(App);
  await screen.findAllByTestId("context-row");
  await app.openContext("prod-kr");
  await waitFor(() => expect(app.graph.nodes.size).toBeGreaterThan(0));
  app.select(select);
  if (select !== null) await screen.findByTestId("inspector-name");
}
/** The logs of a workload, by the key. */
async function openLogs(id = "Deployment/shop/payments") {
  await openShop(id);
  await user.keyboard("{l}");
  return screen.findByTestId("logs");
}
const texts = () => screen.getAllByTestId("logs-line").map((l) => l.textContent);

describe("logs in the inspector", () => {
  it("are opened by the key l, of what has pods, and say why not of what has none", async () => {
    await openShop("Service/shop/payments");
    await user.keyboard("{l}");
    expect([app.tab, screen.queryByTestId("tab-logs"), calls("open_logs")]).toEqual(["overview", null, []]);
    app.select("Deployment/shop/payments");
    await waitFor(() => expect(screen.getByTestId("tab-logs")).toBeInTheDocument());
    // With a Korean input method on, the letter is another.
    window.dispatchEvent(new KeyboardEvent("keydown", { code: "KeyL", key: "ㅣ", bubbles: true }));
    await screen.findAllByTestId("logs-line");
    expect(calls("open_logs")[0]?.args).toMatchObject({
      request: { id: "Deployment/shop/payments", container: null, previous: false, follow: true },
    });
    expect(screen.getByTestId("tab-logs")).toHaveAttribute("aria-selected", "true");
  });

  it("name each line's pod, its time here, and UTC on hover", async () => {
    await openLogs();
    const line = (await screen.findAllByTestId("logs-line"))[0] as HTMLElement;
    expect(line.textContent).toMatch(/\d\d:\d\d:\d\d\.\d{3}.*(2kqzv|8wnhd)/);
    expect(line.title).toMatch(/UTC\npayments-.*\napi/);
  });

  it("draw no more lines than can be seen, however many there are", async () => {
    await openLogs();
    await screen.findAllByTestId("logs-line");
    const now = Date.now();
    fake.logs.say({ entries: Array.from({ length: 5_000 }, (_, i) => entry(1, now + i, `burst ${i}`)) });
    const height = () =>
      Number.parseInt((screen.getByTestId("logs-list").querySelector(".all") as HTMLElement).style.height);
    await waitFor(() => expect(height()).toBeGreaterThan(5_000 * 18));
    expect(texts().length).toBeLessThan(60);
  });

  it("show what is looked for alone, with its places marked", async () => {
    await openLogs();
    await screen.findAllByTestId("logs-line");
    await user.type(screen.getByTestId("logs-filter"), "DATABASE");
    await waitFor(() => expect(texts().every((l) => /database/i.test(l))).toBe(true));
    expect(screen.getByTestId("logs-list").querySelector("mark")).toHaveTextContent(/database/i);
    // What is told is no line, and stays.
    await user.type(screen.getByTestId("logs-filter"), " no such line");
    await waitFor(() => expect(screen.queryAllByTestId("logs-line")).toEqual([]));
    expect(screen.getAllByTestId("logs-note")).toHaveLength(1);
    app.select("Pod/shop/payments-7c9d6f5b8-8wnhd");
    await waitFor(() => expect(screen.queryAllByTestId("logs-note")).toEqual([]));
    await screen.findAllByTestId("logs-line");
    await user.type(screen.getByTestId("logs-filter"), "no such line");
    await waitFor(() => expect(screen.getByTestId("logs-list")).toHaveTextContent("No line matches"));
  });

  it("stand still while they are paused, count what comes, and go on", async () => {
    await openLogs();
    await screen.findAllByTestId("logs-line");
    await user.click(screen.getByTestId("logs-pause"));
    const before = texts();
    fake.logs.say({ entries: [entry(1, Date.now(), "came meanwhile"), entry(2, Date.now(), "and this")] });
    await waitFor(() => expect(screen.getByTestId("logs-waiting")).toHaveTextContent("2 new lines"));
    expect(texts()).toEqual(before);
    await user.type(screen.getByTestId("logs-filter"), "came meanwhile");
    await user.click(screen.getByTestId("logs-go"));
    await waitFor(() => expect(texts().join()).toContain("came meanwhile"));
    expect(screen.queryByTestId("logs-waiting")).toBeNull();
  });

  it("tell what was left out, who came and who went", async () => {
    await openLogs();
    await screen.findAllByTestId("logs-line");
    await user.type(screen.getByTestId("logs-filter"), "nothing like it");
    const note = sentence("pod {pod} is gone", { pod: "payments-5f8b47d96c-x4m7p" });
    fake.logs.say({ dropped: 1_204, entries: [entry(3, Date.now(), "", note)] });
    await waitFor(() => {
      const told = screen.getAllByTestId("logs-note").map((n) => n.textContent);
      expect(told.join()).toMatch(/1,204 lines left out.*payments-5f8b47d96c-x4m7p is gone/s);
    });
  });

  it("are opened anew for another container or what was before a restart, and closed with the tab", async () => {
    await openLogs();
    await screen.findAllByTestId("logs-line");
    await user.selectOptions(screen.getByTestId("logs-container"), "migrate");
    await waitFor(() => expect(calls("open_logs")).toHaveLength(2));
    await user.click(screen.getByTestId("logs-previous"));
    await waitFor(() => expect(calls("open_logs")).toHaveLength(3));
    expect(calls("open_logs")[2]?.args).toMatchObject({ request: { container: "migrate", previous: true } });
    await user.click(screen.getByTestId("tab-overview"));
    await waitFor(() =>
      expect(calls("close_logs").map((c) => c.args)).toEqual([{ logs: 1 }, { logs: 2 }, { logs: 3 }]),
    );
  });

  it("stay open, and paused, when what else is said of the object changes", async () => {
    await openLogs();
    await screen.findAllByTestId("logs-line");
    await user.click(screen.getByTestId("logs-pause"));
    const read = calls("object").length;
    await app.loadObject("Deployment/shop/payments");
    expect(calls("object").length).toBeGreaterThan(read);
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    expect(calls("open_logs")).toHaveLength(1);
    expect(screen.getByTestId("logs")).toHaveAttribute("data-held", "button");
  });

  it("are copied as they are shown", async () => {
    const copied = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    await openLogs();
    await screen.findAllByTestId("logs-line");
    await user.type(screen.getByTestId("logs-filter"), "FATAL");
    await waitFor(() => expect(texts()).toHaveLength(1));
    await user.click(screen.getByTestId("logs-copy"));
    await waitFor(() => expect(copied).toHaveBeenCalledOnce());
    expect(copied.mock.calls[0]?.[0]).toMatch(/Z payments-5f8b47d96c-x4m7p api FATAL cannot start/);
  });

  it("say that there are no pods, that they may not be read, and that it failed, with a way on", async () => {
    fake.logs.status = { sources: [], containers: [], pods: 0, leftOut: 0 };
    const panel = await openLogs();
    await within(panel).findByTestId("notice-empty");
    fake.logs.say({ status: denied });
    expect(await within(panel).findByTestId("notice-refused")).toHaveTextContent("pods/log");
    fake.failing.set("open_logs", {
      code: "unreachable",
      message: sentence("these logs are not read any more"),
      detail: null,
      hint: null,
    });
    await user.click(screen.getByTestId("logs-previous"));
    await within(panel).findByTestId("notice-failed");
    fake.failing.clear();
    fake.logs.status = null;
    await user.click(screen.getByTestId("logs-again"));
    await screen.findAllByTestId("logs-line");
  });
});
