import { createSubscriber } from "svelte/reactivity";

/** The time in steps of that many milliseconds. Nothing ticks while nothing on the screen reads it: an idle window sleeps. */
export class Clock {
  private readonly read: () => void;

  constructor(private readonly step: number) {
    this.read = createSubscriber((changed) => {
      let timer: ReturnType<typeof setTimeout>;
      const wait = () => {
        timer = setTimeout(
          () => {
            changed();
            wait();
          },
          step - (Date.now() % step),
        );
      };
      wait();
      return () => clearTimeout(timer);
    });
  }

  /** Milliseconds since 1970, by the last step. */
  get now(): number {
    this.read();
    const now = Date.now();
    return now - (now % this.step);
  }
}
