/** The tokens of one execution's waiting tasks. */
export class TaskTokens {
  readonly #waiting = new Map<string, (output: unknown) => void>();
  #issued = 0;

  issue(): string {
    this.#issued += 1;
    return `token-${this.#issued}`;
  }

  /** Resolves with what is sent for the token. */
  answered(token: string): Promise<unknown> {
    return new Promise((resolve) => {
      this.#waiting.set(token, resolve);
    });
  }

  /** `SendTaskSuccess`. Throws when no task waits for the token. */
  succeed(token: string, output: unknown): void {
    const resolve = this.#waiting.get(token);
    if (!resolve) throw new Error(`No task waits for ${token}.`);
    this.#waiting.delete(token);
    resolve(output);
  }
}
