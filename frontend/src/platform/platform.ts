import type { UiEvent } from "../api/generated";

/** What the window needs from the shell. Three doors only: a call, the stream of what happened, and the way out. */
export interface Platform {
  /** Calls a command by name. Rejects with a `UiError`. */
  call(name: string, args: object): Promise<unknown>;
  /** Answers `leaving`: closes the window, or stays. */
  leave(go: boolean): Promise<void>;
  /** Hands over every event from now on, in order. Resolves once nothing can be missed any more. */
  subscribe(on: (events: UiEvent[]) => void): Promise<void>;
}
