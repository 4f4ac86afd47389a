import { cleanup, render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import Radios from "./Radios.svelte";

afterEach(cleanup);

describe("one of a few", () => {
  it("is one stop of Tab, arrows choose, and nothing chosen begins at the first", async () => {
    const user = userEvent.setup();
    const choose = vi.fn<(value: string | boolean) => void>();
    const options = ["a", "b", "c"].map((value) => ({ value, text: value }));
    const { rerender } = render(Radios, { label: "some", name: "x", options, value: "c", choose });
    await user.tab();
    expect(screen.getByTestId("x-c")).toHaveFocus();
    await user.keyboard("{ArrowRight}");
    expect(choose).toHaveBeenLastCalledWith("a");
    expect(screen.getByTestId("x-a")).toHaveFocus();
    await rerender({ value: "a" });
    await user.keyboard("{ArrowLeft}");
    expect(choose).toHaveBeenLastCalledWith("c");
    await user.tab();
    expect(document.body).toHaveFocus();
    await rerender({ value: "" });
    await user.tab();
    expect(screen.getByTestId("x-a")).toHaveFocus();
    expect(screen.queryAllByRole("radio", { checked: true })).toEqual([]);
  });
});
