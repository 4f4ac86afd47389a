import { configure } from "@testing-library/svelte";
import "@testing-library/jest-dom/vitest";
import { vi } from "vitest";

// happy-dom has no canvas; the geometry is tested without one and the painting in the real window.
HTMLCanvasElement.prototype.getContext = vi.fn(() => null) as never;
if (!("fonts" in document)) Object.defineProperty(document, "fonts", { value: { ready: Promise.resolve() } });

// A loaded machine is slow, not wrong: waits have a condition and a generous end.
configure({ asyncUtilTimeout: 15_000 });
