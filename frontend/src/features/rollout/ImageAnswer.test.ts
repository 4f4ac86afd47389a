import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sentence } from "../../platform/fake/world";
import { app } from "../../state/app.svelte";
import App from "../../views/App.svelte";
import { anew, fake } from "../../test-window";

beforeEach(anew);
afterEach(cleanup);

const asked = () => fake.calls.filter((c) => c.name === "image").map((c) => (c.args as { name: string }).name);
const enter = (value: string) => fireEvent.input(screen.getByTestId("image-web"), { target: { value } });

async function walk() {
  render(App);
  await screen.findAllByTestId("context-row");
  await app.openContext("prod-kr");
  app.screen = { at: "walk", target: "Deployment/shop/web", mode: "rollOut" };
  await screen.findByTestId("image-web");
}

describe("what a registry says of an image", () => {
  it("is asked once for what was entered, and not for each letter of it", async () => {
    await walk();
    expect(screen.queryByTestId("image-answer")).toBeNull();
    for (const tag of ["5", "5.", "5.9", "5.9.0"]) await enter(`registry.shop.example/web:${tag}`);
    const answer = await screen.findByTestId("image-answer");
    expect(answer).toHaveTextContent("asking the registry");
    await waitFor(() => expect(answer).toHaveAttribute("data-state", "found"));
    expect(answer).toHaveTextContent("in the registry, for linux/amd64, linux/arm64");
    expect(answer).toHaveTextContent("built 5 h ago");
    expect(asked()).toEqual(["registry.shop.example/web:5.9.0"]);
  });

  it("is never shown for another image than the one that is entered, and stops nobody", async () => {
    await walk();
    await enter("registry.shop.example/web:missing");
    await waitFor(() => expect(screen.getByTestId("image-answer")).toHaveTextContent("not in the registry"));
    await enter("registry.shop.example/web:5.9.0");
    expect(screen.getByTestId("image-answer")).toHaveTextContent("asking the registry");
    await enter("registry.shop.example/web:private");
    await waitFor(() =>
      expect(screen.getByTestId("image-answer")).toHaveTextContent("The cluster may have credentials of its own"),
    );
    expect(screen.getByTestId("walk-next")).toHaveAttribute("aria-disabled", "false");
    fake.failing.set("image", {
      code: "usage",
      message: sentence("{image}: is not the name of an image", { image: "No" }),
      detail: null,
      hint: null,
    });
    await enter("No");
    await waitFor(() =>
      expect(screen.getByTestId("image-answer")).toHaveTextContent("No: is not the name of an image"),
    );
  });

  it("is not asked for what runs now, nor where that is not wanted", async () => {
    await walk();
    await app.saveSettings({ registries: false });
    await enter("registry.shop.example/web:5.9.0");
    await waitFor(() => expect(screen.getByTestId("walk-next")).toHaveAttribute("aria-disabled", "false"));
    expect([screen.queryByTestId("image-answer"), asked()]).toEqual([null, []]);
  });
});
