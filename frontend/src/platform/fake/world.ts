/** Contexts in which the fake allows writes. */
export const unlocked = new Set<string>();
