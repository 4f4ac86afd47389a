import { cleanup, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { app } from "../state/app.svelte";
import { anew, fake } from "../test-window";
import App from "./App.svelte";

const user = userEvent.setup();
const opened = () => fake.calls.flatMap((c) => (c.name === "open_context" ? [c.args] : []));

beforeEach(anew);
afterEach(cleanup);

/** The map of a cluster with four namespaces, of which one is followed; the menu opened by its keys. */
async function menu() {
  render(App);
  const rows = await screen.findAllByTestId("context-row");
  const row = rows.find((r) => r.dataset["context"] === "prod-kr");
  await user.click(within(row as HTMLElement).getByTestId("open-context"));
  await waitFor(() => expect(app.graph.nodes.size).toBeGreaterThan(0));
  await user.keyboard("gn");
  await waitFor(() => expect(screen.getAllByTestId("namespace")).toHaveLength(4));
  return { find: screen.getByTestId("ns-find"), before: opened().length };
}

const listed = () => screen.queryAllByTestId("namespace").map((n) => n.dataset["namespace"]);

describe("the namespaces", () => {
  it("are chosen by a part of the name and Enter, without a mouse", async () => {
    const { find, before } = await menu();
    expect(find).toHaveFocus();
    await user.keyboard("dat");
    expect(listed()).toEqual(["data"]);
    await user.keyboard("{Enter}");
    await waitFor(() => expect(opened().slice(before)).toEqual([{ context: "prod-kr", namespaces: ["data"] }]));
    expect(screen.queryByTestId("namespaces")).toBeNull();
  });

  it("are not opened while a name may still mean several", async () => {
    const { before } = await menu();
    await user.keyboard("a");
    expect(listed().length).toBeGreaterThan(1);
    await user.keyboard("{Enter}");
    expect(screen.getByTestId("namespaces")).toBeInTheDocument();
    expect(opened()).toHaveLength(before);
  });

  it("may be opened by name where they cannot be listed", async () => {
    const { before } = await menu();
    await user.keyboard("billing{Enter}");
    await waitFor(() => expect(opened().slice(before)).toEqual([{ context: "prod-kr", namespaces: ["billing"] }]));
  });

  it("are followed several at once", async () => {
    const { before } = await menu();
    await user.click(screen.getByRole("checkbox", { name: /data/ }));
    await user.click(screen.getByTestId("ns-follow"));
    await waitFor(() => expect(opened().slice(before)).toEqual([{ context: "prod-kr", namespaces: ["shop", "data"] }]));
  });

  it("are walked by arrows, and left by Esc as they were", async () => {
    const { before, find } = await menu();
    await user.keyboard("{ArrowDown}{ArrowDown}");
    expect(screen.getAllByTestId("namespace")[1]).toHaveFocus();
    await user.keyboard("{ArrowUp}{ArrowUp}");
    expect(find).toHaveFocus();
    await user.keyboard("{Escape}");
    expect(screen.queryByTestId("namespaces")).toBeNull();
    expect(opened()).toHaveLength(before);
  });
});
