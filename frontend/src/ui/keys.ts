// The one table of keys. Help, palette, tooltips and tests read it. Matched by the physical key (`KeyboardEvent.code`),
// for with a Korean input method on, letters arrive as composition.
import type { Key } from "../i18n/index.svelte";

export type Command =
  | "search"
  | "trace"
  | "palette"
  | "help"
  | "list"
  | "describe"
  | "yaml"
  | "logs"
  | "rollOut"
  | "rollBack"
  | "scale"
  | "restart"
  | "pause"
  | "resume"
  | "backOut"
  | "rePin"
  | "clusters"
  | "namespaces"
  | "map"
  | "runs"
  | "incident"
  | "settings"
  | "diagnostics"
  | "zoomIn"
  | "zoomOut"
  | "zoomReset"
  | "lock"
  | "breakGlass"
  | "report";

export interface Binding {
  command: Command;
  /** As shown on a key cap. Empty = only through the palette. */
  shown: string;
  /** Codes pressed one after the other. */
  codes: string[];
  ctrl: boolean;
  shift: boolean;
  label: Key;
}

function key(command: Command, shown: string, codes: string[], label: Key, ctrl = false, shift = false): Binding {
  return { command, shown, codes, ctrl, shift, label };
}

export const KEYS: readonly Binding[] = [
  key("search", "/", ["Slash"], "cmd.search"),
  key("trace", "w", ["KeyW"], "cmd.trace"),
  key("palette", "Ctrl K", ["KeyK"], "cmd.palette", true),
  key("help", "?", ["Slash"], "cmd.help", false, true),
  key("clusters", "g c", ["KeyG", "KeyC"], "cmd.clusters"),
  key("namespaces", "g n", ["KeyG", "KeyN"], "cmd.namespaces"),
  key("map", "g m", ["KeyG", "KeyM"], "cmd.map"),
  key("runs", "g r", ["KeyG", "KeyR"], "cmd.runs"),
  key("diagnostics", "g d", ["KeyG", "KeyD"], "cmd.diagnostics"),
  key("settings", "Ctrl ,", ["Comma"], "cmd.settings", true),
  key("list", "t", ["KeyT"], "cmd.list"),
  key("describe", "d", ["KeyD"], "cmd.describe"),
  key("yaml", "v", ["KeyV"], "cmd.yaml"),
  key("logs", "l", ["KeyL"], "cmd.logs"),
  key("rollOut", "r", ["KeyR"], "cmd.rollOut"),
  key("rollBack", "u", ["KeyU"], "cmd.rollBack"),
  key("backOut", "b", ["KeyB"], "cmd.backOut"),
  key("incident", "!", ["Digit1"], "cmd.incident", false, true),
  key("rePin", "p", ["KeyP"], "cmd.rePin"),
  key("zoomIn", "Ctrl +", ["Equal"], "cmd.zoomIn", true),
  key("zoomOut", "Ctrl −", ["Minus"], "cmd.zoomOut", true),
  key("zoomReset", "Ctrl 0", ["Digit0"], "cmd.zoomReset", true),
  key("scale", "", [], "cmd.scale"),
  key("restart", "", [], "cmd.restart"),
  key("pause", "", [], "cmd.pause"),
  key("resume", "", [], "cmd.resume"),
  key("lock", "", [], "cmd.lock"),
  key("breakGlass", "", [], "cmd.breakGlass"),
  key("report", "e", ["KeyE"], "cmd.report"),
];

/**
 * Whether a press in a field belongs to an input method: it confirms or cancels what is composed, and means nothing else. WebKit ends
 * the composition before it tells of the press that ended it, which is then known by its code 229 alone.
 */
export function composing(e: KeyboardEvent): boolean {
  return e.isComposing || e.keyCode === 229;
}

/** How long the first key of a sequence waits for the second. */
export const SEQUENCE_MS = 1200;

interface Press {
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** Matches presses against the table; remembers the first key of a sequence. */
export class KeyMatcher {
  private first: { code: string; at: number } | null = null;

  press(e: Press, now: number): Command | "pending" | null {
    if (e.altKey) return null;
    const ctrl = e.ctrlKey || e.metaKey;
    if (this.first && now - this.first.at <= SEQUENCE_MS) {
      const begun = this.first.code;
      this.first = null;
      const hit = KEYS.find((k) => k.codes.length === 2 && k.codes[0] === begun && k.codes[1] === e.code && !ctrl);
      if (hit) return hit.command;
    }
    this.first = null;
    const hit = KEYS.find(
      (k) =>
        k.codes.length === 1 &&
        k.codes[0] === e.code &&
        k.ctrl === ctrl &&
        (k.shift === e.shiftKey || (ctrl && e.code === "Equal")),
    );
    if (hit) return hit.command;
    if (!ctrl && !e.shiftKey && KEYS.some((k) => k.codes.length === 2 && k.codes[0] === e.code)) {
      this.first = { code: e.code, at: now };
      return "pending";
    }
    return null;
  }
}

export function shown(command: Command): string {
  return KEYS.find((k) => k.command === command)?.shown ?? "";
}
