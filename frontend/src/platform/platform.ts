import type { FirstView, UiEvent } from "../api/generated";

/** What the window needs from the shell. Three doors only: a call, the stream of what happened, and the way out; and what lies there when it opens. */
export interface Platform {
  /** What to show before anything was asked; null = it has to be asked for. Of a page that is loaded anew it would be old. */
  first(): FirstView | null;
  /** Calls a command by name. Rejects with a `UiError`. */
  call(name: string, args: object): Promise<unknown>;
  /** Answers `leaving`: closes the window, or stays. */
  leave(go: boolean): Promise<void>;
  /** Hands over every event from now on, in order. Resolves once nothing can be missed any more. */
  subscribe(on: (events: UiEvent[]) => void): Promise<void>;
}
