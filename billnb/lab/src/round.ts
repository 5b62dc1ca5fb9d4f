/**
 * A round of the same action over several accounts, a few at a time, until it is done or stopped.
 */

/** How many accounts are tested or removed at a time. */
const AT_ONCE = 4;

export class Round {
  constructor(names: readonly string[]) {
    this._waiting = [...names];
    this.total = names.length;
  }

  readonly total: number;

  /** How many it is done with. */
  get done(): number {
    return this._done;
  }

  get stopped(): boolean {
    return this._stopped;
  }

  /** Begin no more; return the names that nothing is done with. */
  stop(): string[] {
    this._stopped = true;
    return this._waiting.splice(0);
  }

  /** Do something with each, which must not throw; return when no more is being done. */
  async run(act: (name: string) => Promise<void>): Promise<void> {
    const work = async (): Promise<void> => {
      for (;;) {
        const name = this._waiting.shift();
        if (name === undefined) {
          return;
        }
        await act(name);
        this._done++;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  private _waiting: string[];
  private _done = 0;
  private _stopped = false;
}
