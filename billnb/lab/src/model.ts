/**
 * What does the panel know? The accounts, what is being done with them, and what went wrong.
 *
 * A secret is never part of it: `connect` hands it on and forgets it.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomModel } from '@jupyterlab/ui-components';
import type { IAccount, IConnection, IProvider, IStorage } from './answers';
import type { IFailure } from './failures';
import { failureIn } from './failures';
import type { Requests } from './requests';

/** How many accounts are tested or removed at a time. */
const AT_ONCE = 4;

/** What the panel shows: the list, or the form that connects an account. */
export type View = 'list' | 'form';

export class BillingModel extends VDomModel {
  constructor(
    private _requests: Requests,
    private _trans: TranslationBundle
  ) {
    super();
  }

  /** The accounts; null until the server has said for the first time. */
  get accounts(): readonly IAccount[] | null {
    return this._accounts;
  }

  get providers(): readonly IProvider[] {
    return this._providers;
  }

  get storage(): IStorage | null {
    return this._storage;
  }

  /** What went wrong last, until it is dismissed or goes well. */
  get failure(): IFailure | null {
    return this._failure;
  }

  /** What went well last, for those who cannot see it happen. */
  get notice(): string {
    return this._notice;
  }

  get loading(): boolean {
    return this._loading > 0;
  }

  get view(): View {
    return this._view;
  }

  set view(view: View) {
    this._set(() => {
      this._view = view;
      this._latest = null;
    });
  }

  /** The account that was connected last; null when the form was left without one. */
  get latest(): string | null {
    return this._latest;
  }

  /** The names of the accounts that are chosen, in the order of the list. */
  get chosen(): readonly string[] {
    return this.names.filter(name => this._chosen.has(name));
  }

  get names(): readonly string[] {
    return (this._accounts ?? []).map(account => account.name);
  }

  isChosen(name: string): boolean {
    return this._chosen.has(name);
  }

  isBusy(name: string): boolean {
    return this._busy.has(name);
  }

  account(name: string): IAccount | undefined {
    return this._accounts?.find(account => account.name === name);
  }

  choose(names: Iterable<string>): void {
    this._set(() => (this._chosen = new Set(names)));
  }

  toggle(name: string): void {
    const chosen = new Set(this._chosen);
    if (!chosen.delete(name)) {
      chosen.add(name);
    }
    this.choose(chosen);
  }

  dismiss(): void {
    this._set(() => (this._failure = null));
  }

  /** Ask for the accounts and the providers. */
  async refresh(): Promise<void> {
    this._set(() => this._loading++);
    let failure: IFailure | null = null;
    try {
      const [providers, { accounts, storage }] = await Promise.all([
        this._requests.providers(),
        this._requests.accounts()
      ]);
      this._providers = providers;
      this._accounts = accounts;
      this._storage = storage;
    } catch (reason) {
      failure = failureIn(reason, this._trans);
    }
    this._set(() => {
      this._loading--;
      this._failure = failure;
    });
  }

  /** Connect an account; what is wrong with it is thrown, for the form to say. */
  async connect(connection: IConnection): Promise<void> {
    const account = await this._requests.add(connection);
    const others = (this._accounts ?? []).filter(
      one => one.name !== account.name
    );
    this._set(() => {
      this._accounts = [...others, account];
      this._failure = null;
      this._notice = this._trans.__('%1 is connected.', account.name);
      this._view = 'list';
      this._latest = account.name;
    });
    await this.refresh(); // in the order the server gives
  }

  /** Test accounts, and keep how it went. */
  async test(names: readonly string[]): Promise<void> {
    await this._each(names, async name => {
      const account = await this._requests.test(name);
      this._set(() => {
        this._accounts = (this._accounts ?? []).map(one =>
          one.name === name ? account : one
        );
        this._notice =
          account.state === 'ok'
            ? this._trans.__('%1 works.', name)
            : this._trans.__('%1 does not work.', name);
      });
    });
  }

  /** Remove accounts. */
  async remove(names: readonly string[]): Promise<void> {
    await this._each(names, async name => {
      await this._requests.remove(name);
      this._set(() => {
        this._accounts = (this._accounts ?? []).filter(
          one => one.name !== name
        );
        this._chosen.delete(name);
        this._notice = this._trans.__('%1 is removed.', name);
      });
    });
    await this._confirm();
  }

  /** Ask for the accounts anew, without hiding what just went wrong. */
  private async _confirm(): Promise<void> {
    const failure = this._failure;
    await this.refresh();
    this._set(() => (this._failure ??= failure));
  }

  /** Do something with each account, a few at a time; the last failure is kept. */
  private async _each(
    names: readonly string[],
    act: (name: string) => Promise<void>
  ): Promise<void> {
    this._set(() => {
      this._failure = null;
      names.forEach(name => this._busy.add(name));
    });
    const waiting = [...names];
    const work = async (): Promise<void> => {
      for (let name = waiting.shift(); name; name = waiting.shift()) {
        const failure = await act(name).then(
          () => null,
          (reason: unknown) => failureIn(reason, this._trans)
        );
        const done = name;
        this._set(() => {
          this._busy.delete(done);
          this._failure = failure ?? this._failure;
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  private _set(change: () => void): void {
    change();
    if (!this.isDisposed) {
      this.stateChanged.emit();
    }
  }

  private _accounts: readonly IAccount[] | null = null;
  private _providers: readonly IProvider[] = [];
  private _storage: IStorage | null = null;
  private _failure: IFailure | null = null;
  private _notice = '';
  private _loading = 0;
  private _view: View = 'list';
  private _latest: string | null = null;
  private _chosen = new Set<string>();
  private _busy = new Set<string>();
}
