/** What happens when, the earliest first; at the same time in the order in which it was planned. */
export class EventQueue {
  private readonly events: { readonly at: number; readonly order: number; readonly run: (now: number) => void }[] = [];
  private planned = 0;

  /** `at` in milliseconds. */
  plan(at: number, run: (now: number) => void): void {
    const { events } = this;
    events.push({ at, order: this.planned++, run });
    for (let child = events.length - 1; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!this.isBefore(child, parent)) return;
      this.swap(child, parent);
      child = parent;
    }
  }

  /** Runs until nothing is planned any more. Resolves to the time of the last event. */
  runAll(): number {
    let now = 0;
    for (let next = this.pop(); next; next = this.pop()) {
      now = next.at;
      next.run(now);
    }
    return now;
  }

  private pop() {
    const { events } = this;
    this.swap(0, events.length - 1);
    const first = events.pop();
    for (let parent = 0; ;) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      let least = left < events.length && this.isBefore(left, parent) ? left : parent;
      if (right < events.length && this.isBefore(right, least)) least = right;
      if (least === parent) return first;
      this.swap(least, parent);
      parent = least;
    }
  }

  private isBefore(one: number, other: number): boolean {
    const [first, second] = [this.events[one]!, this.events[other]!];
    return first.at < second.at || (first.at === second.at && first.order < second.order);
  }

  private swap(one: number, other: number): void {
    if (one === other || this.events.length === 0) return;
    [this.events[one], this.events[other]] = [this.events[other]!, this.events[one]!];
  }
}
