// A picture that is compared must not know what time it is. Imported before everything that asks for the time.
export const NOW = Date.parse("2026-03-02T05:32:18Z");

const Real = Date;
class Frozen extends Real {
  constructor(...of: [] | [number | string]) {
    if (of.length === 0) super(NOW);
    else super(of[0]);
  }
  static override now() {
    return NOW;
  }
}
globalThis.Date = Frozen as DateConstructor;
