// Where the map is looked at. Zoom changes the level of detail, never the size of text, so a camera is a place and a level.
import type { Rect } from "./grid";

/** far: namespaces with their health; mid: entry to workload; near: everything. */
export type Level = "far" | "mid" | "near";

export interface Camera {
  x: number;
  y: number;
  level: Level;
}

const LEVELS: Level[] = ["far", "mid", "near"];

export function zoom(level: Level, by: 1 | -1): Level {
  const at = LEVELS.indexOf(level) + by;
  return LEVELS[Math.max(0, Math.min(LEVELS.length - 1, at))] ?? level;
}

/** Keeps the camera on the world, with a little air around it. */
export function clampTo(cam: Camera, world: Rect, view: { w: number; h: number }): Camera {
  const clamp = (at: number, from: number, size: number, window: number) =>
    size <= window ? from : Math.max(from, Math.min(at, from + size - window));
  return {
    ...cam,
    x: clamp(cam.x, world.x, world.w, view.w),
    y: clamp(cam.y, world.y, world.h, view.h),
  };
}

/** The least move that brings `target` into view. */
export function reveal(cam: Camera, target: Rect, view: { w: number; h: number }, air = 24): Camera {
  let { x, y } = cam;
  if (target.x - air < x) x = target.x - air;
  else if (target.x + target.w + air > x + view.w) x = target.x + target.w + air - view.w;
  if (target.y - air < y) y = target.y - air;
  else if (target.y + target.h + air > y + view.h) y = target.y + target.h + air - view.h;
  return { ...cam, x, y };
}
