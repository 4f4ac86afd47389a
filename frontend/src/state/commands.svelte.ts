// What each command does, and why it is off. Keys, palette and buttons all come through here.
import type { Command } from "../ui/keys";
import { call } from "../api";
import { zoom } from "../graph/camera";
import { say, t } from "../i18n/index.svelte";
import { over, type App } from "./app.svelte";
import { hasLogs, noTarget, target } from "./target";

/** Why a command is off; null = it is on. */
export function off(app: App, command: Command): string | null {
  const noMap = app.open === null ? t("off.noContext") : null;
  switch (command) {
    case "palette":
    case "help":
    case "clusters":
    case "runs":
    case "settings":
    case "diagnostics":
      return null;
    case "search":
    case "trace":
    case "map":
    case "incident":
      return noMap;
    case "list":
    case "zoomIn":
    case "zoomOut":
    case "zoomReset":
      return noMap ?? (app.screen.at === "map" ? null : t("off.mapOnly"));
    case "describe":
    case "yaml":
      return noMap ?? (app.selected === null ? t("off.nothingSelected") : null);
    case "logs":
      return noMap ?? (hasLogs(app.selected) ? null : t("off.noLogs"));
    case "rollOut":
    case "rollBack":
    case "scale":
    case "restart":
    case "pause":
    case "resume":
      if (noMap !== null) return noMap;
      if (target(app, command) === null) return t(noTarget(command));
      if (isPaused(app) ? command === "pause" || command === "restart" : command === "resume")
        return t(command === "resume" ? "off.notPaused" : command === "pause" ? "off.paused" : "off.resumeFirst");
      return app.stale ? app.writesOff : null;
    case "backOut": {
      if (app.screen.at !== "run") return t("off.noRun");
      const run = app.runs[app.screen.run];
      if (run?.driver?.elsewhere === true && !over(run.state)) return t("run.elsewhereOff", { by: run.driver.by });
      if (!run) return t("off.noRun");
      if (run.state === "backingOut") return t("off.goesBack");
      return run.wayBack.kind !== "none" && !over(run.state) ? null : say(run.wayBack.text);
    }
    case "rePin": {
      if (app.screen.at !== "run") return t("off.noRun");
      const run = app.runs[app.screen.run];
      if (!run?.hold?.choices.some((c) => c.code === "re-pin")) return t("off.noRePin");
      if (run.driver?.elsewhere === true) return t("run.elsewhereOff", { by: run.driver.by });
      return app.writesOffIn(run.context);
    }
    case "breakGlass":
    case "report":
      return app.screen.at === "run" ? null : t("off.noRun");
    case "lock":
    case "namespaces":
      return app.open === null ? t("off.noContext") : null;
  }
}

/** Whether the selected workload is paused, as far as the inspector has it. */
function isPaused(app: App): boolean {
  return app.object.is === "there" && app.object.value.id === app.selected && app.object.value.paused;
}

/** Runs a command if it is on. */
export function run(app: App, command: Command): void {
  if (off(app, command) !== null) return;
  switch (command) {
    case "search":
      app.screen = { at: "map" };
      requestAnimationFrame(() => document.querySelector<HTMLInputElement>("[data-testid=search]")?.focus());
      return;
    case "trace":
      app.overlay = "trace";
      return;
    case "palette":
      app.overlay = app.overlay === "palette" ? null : "palette";
      return;
    case "help":
      app.overlay = app.overlay === "help" ? null : "help";
      return;
    case "clusters":
      app.screen = { at: "clusters" };
      return;
    case "namespaces":
      app.overlay = app.overlay === "namespaces" ? null : "namespaces";
      return;
    case "map":
      app.screen = { at: "map" };
      return;
    case "incident":
      app.screen = { at: "incident" };
      return;
    case "runs":
      app.screen = { at: "runs" };
      void app.loadRuns();
      return;
    case "settings":
    case "diagnostics":
      if (app.screen.at !== "settings" && app.screen.at !== "diagnostics") app.beforeSettings = app.screen;
      app.screen = { at: command };
      return;
    case "list":
      app.list = !app.list;
      return;
    case "describe":
      app.tab = "overview";
      return;
    case "yaml":
      app.tab = "yaml";
      return;
    case "logs":
      app.screen = { at: "map" };
      app.tab = "logs";
      return;
    case "rollOut":
    case "rollBack":
    case "scale":
    case "restart":
    case "pause":
    case "resume": {
      const id = target(app, command);
      if (id !== null) app.screen = { at: "walk", target: id, mode: command };
      return;
    }
    case "backOut":
      app.overlay = "backOut";
      return;
    case "rePin": {
      const id = app.screen.at === "run" ? app.screen.run : "";
      // Two colours get traffic that one shall have: nothing stands between the key and the write that mends it.
      void app.runCommand(() => call("choose", { run: id, choice: "re-pin" }));
      return;
    }
    case "breakGlass":
      app.overlay = "breakGlass";
      return;
    case "report":
      if (app.screen.at === "run") app.screen = { at: "report", run: app.screen.run };
      return;
    case "lock":
      if (app.canUnlock) app.overlay = "unlock";
      else void app.lock();
      return;
    case "zoomIn":
      app.level = zoom(app.level, 1);
      return;
    case "zoomOut":
      app.level = zoom(app.level, -1);
      return;
    case "zoomReset":
      app.level = "near";
      return;
  }
}

/** Takes a run over; null = once whoever drives it is silent. */
export function sendTakeOver(app: App, run: string, reason: string | null): Promise<boolean> {
  return app.runCommand(() => call("take_over", { run, reason }));
}

/** Goes back; the confirmation has been given. */
export function sendBackOut(app: App, run: string, reason: string | null): Promise<boolean> {
  return app.runCommand(() => call("back_out", { run, reason }));
}
