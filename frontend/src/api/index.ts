// Typed access to the commands. Wire types are made from Rust (`generated.ts`).
import { platform } from "#platform";
import type { CommandTable, SentenceView, UiError, UiEvent } from "./generated";

export type * from "./generated";

/** Calls a command; every failure arrives as a `UiError`. */
export async function call<N extends keyof CommandTable>(
  name: N,
  args: CommandTable[N]["args"],
): Promise<CommandTable[N]["out"]> {
  try {
    return (await platform.call(name, args)) as CommandTable[N]["out"];
  } catch (cause) {
    throw asUiError(cause);
  }
}

/** Subscribes to what happens. Await it before the first call, so that nothing is missed. */
export function subscribe(on: (events: UiEvent[]) => void): Promise<void> {
  return platform.subscribe(on);
}

/** Answers that the window would leave runs: it closes, or stays. */
export async function leave(go: boolean): Promise<void> {
  try {
    await platform.leave(go);
  } catch (cause) {
    throw asUiError(cause);
  }
}

/** No sentence. */
export const unsaid: SentenceView = { text: "", form: "", with: {}, parts: {}, then: [] };

/** Whatever was thrown, as the error type that the screens are designed for. */
export function asUiError(cause: unknown): UiError {
  if (typeof cause === "object" && cause !== null && "code" in cause && "message" in cause) return cause as UiError;
  const words = cause instanceof Error ? cause.message : String(cause);
  return {
    code: "failed",
    message: unsaid,
    detail: { ...unsaid, text: words, form: "{words}", with: { words } },
    hint: null,
  };
}
