/**
 * An effect that many ask for and one carries out: whoever asks while it runs shares the next one, which begins after
 * what they did before. Once it has failed it is not tried again, and everybody who asks hears of the failure.
 */
export class GroupCommit {
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(private readonly effect: () => Promise<void>) {}

  /** Resolves once an effect that began after this call has ended. */
  request(): Promise<void> {
    this.next ??= this.running.then(() => {
      this.next = undefined;
      this.running = this.effect();
      return this.running;
    });
    return this.next;
  }
}
