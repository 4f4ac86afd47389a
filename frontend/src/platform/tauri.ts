// The only file that knows Tauri.
import { Channel, invoke } from "@tauri-apps/api/core";
import type { FirstView, UiEvent } from "../api/generated";
import type { Platform } from "./platform";

declare global {
  interface Window {
    /** Laid down by the shell before the page's own script runs. */
    changeoverFirst?: FirstView;
  }
}

/** Whether the page opens, and is not loaded anew. */
function opens(): boolean {
  const [how] = performance.getEntriesByType("navigation");
  return how instanceof PerformanceNavigationTiming && how.type === "navigate";
}

export const platform: Platform = {
  first: () => (opens() && window.changeoverFirst) || null,
  call: (name, args) => invoke("call", { name, args }),
  leave: (go) => invoke("leave", { go }),
  async subscribe(on) {
    const channel = new Channel<UiEvent | UiEvent[]>();
    channel.onmessage = (message) => on(Array.isArray(message) ? message : [message]);
    await invoke("subscribe", { channel });
  },
};
