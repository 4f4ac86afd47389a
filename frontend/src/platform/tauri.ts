// The only file that knows Tauri.
import { Channel, invoke } from "@tauri-apps/api/core";
import type { UiEvent } from "../api/generated";
import type { Platform } from "./platform";

export const platform: Platform = {
  call: (name, args) => invoke("call", { name, args }),
  leave: (go) => invoke("leave", { go }),
  async subscribe(on) {
    const channel = new Channel<UiEvent | UiEvent[]>();
    channel.onmessage = (message) => on(Array.isArray(message) ? message : [message]);
    await invoke("subscribe", { channel });
  },
};
