import type { UiEvent } from "../api/generated";

/** What the window needs from the shell. Two doors only: a call, and the stream of what happened. */
export interface Platform {
  /** Calls a command by name. Rejects with a `UiError`. */
  call(name: string, args: object): Promise<unknown>;
  /** Hands over every event from now on, in order. Resolves once nothing can be missed any more. */
  subscribe(on: (events: UiEvent[]) => void): Promise<void>;
}
