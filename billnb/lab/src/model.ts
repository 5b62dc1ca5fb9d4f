/**
 * The state of the panel: the accounts, what is being done with them, and what went wrong.
 *
 * It never holds a secret: `connect` passes it on and forgets it.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomModel } from '@jupyterlab/ui-components';
import type {
  IAccount,
  IConnection,
  IHost,
  IProvider,
  IStorage
} from './answers';
import type { IFailure } from './failures';
import { failureIn } from './failures';
import type { Requests } from './requests';
import { Round } from './round';

/** What the panel shows: the list, or the form that connects an account. */
export type View = 'list' | 'form';

/** Whether a text is looked for. */
export type Matches = (text: string) => unknown;

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

  /** What went well last, for screen readers. */
  get notice(): string {
    return this._notice;
  }

  /** Whether the notice is shown to everybody, because nothing else can be seen. */
  get noticeShown(): boolean {
    return this._noticeShown;
  }

  /** How far it is with several accounts; null when nothing is done with several. */
  get progress(): { done: number; total: number; stopped: boolean } | null {
    const rounds = [...this._rounds].filter(round => round.total > 1);
    return rounds.length === 0
      ? null
      : {
          done: rounds.reduce((sum, round) => sum + round.done, 0),
          total: rounds.reduce((sum, round) => sum + round.total, 0),
          stopped: rounds.every(round => round.stopped)
        };
  }

  get loading(): boolean {
    return this._loading > 0;
  }

  get view(): View {
    return this._view;
  }

  set view(view: View) {
    this._set(() => {
      if (view === 'form' && this._view !== 'form') {
        this._form++;
      }
      this._view = view;
      this._latest = null;
      this._noticeShown = false;
    });
  }

  /** The account that was connected last; null when the form was left without one. */
  get latest(): string | null {
    return this._latest;
  }

  /** The accounts that the filter lets through. */
  get shown(): readonly IAccount[] {
    const accounts = this._accounts ?? [];
    const matches = this._matches;
    return matches
      ? accounts.filter(one => matches(one.name) || matches(one.label))
      : accounts;
  }

  /** Whether there is a filter. */
  get filtered(): boolean {
    return this._matches !== null;
  }

  /** Show only the accounts whose name or vendor matches; null shows all. */
  filter(matches: Matches | null): void {
    this._set(() => (this._matches = matches));
  }

  /** The names of the accounts that are shown and chosen, in the order of the list. */
  get chosen(): readonly string[] {
    return this.shown
      .map(account => account.name)
      .filter(name => this._chosen.has(name));
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

  /** Whether an account can be removed here; one that is not known of can be tried. */
  isRemovable(name: string): boolean {
    return this.account(name)?.removable ?? true;
  }

  account(name: string): IAccount | undefined {
    return this._accounts?.find(account => account.name === name);
  }

  choose(names: Iterable<string>): void {
    this._set(() => {
      this._chosen = new Set(names);
      this._noticeShown = false;
    });
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

  /** Say something that everybody is to see, such as why nothing happens. */
  tell(notice: string): void {
    this._set(() => {
      this._notice = notice;
      this._noticeShown = true;
    });
  }

  /** Ask for the accounts and the providers. */
  async refresh(): Promise<void> {
    this._set(() => {
      this._loading++;
      this._noticeShown = false;
    });
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

  /**
   * Connect an account; what is wrong with it is thrown, for the form to say.
   *
   * Where the form that sent it is no longer shown, what is shown instead stays, and a failure is
   * said above the list.
   */
  async connect(connection: IConnection): Promise<void> {
    const form = this._form;
    const isShown = () => this._view === 'form' && this._form === form;
    let account: IAccount;
    try {
      account = await this._requests.add(connection);
    } catch (reason) {
      if (isShown()) {
        throw reason;
      }
      this._set(() => (this._failure = failureIn(reason, this._trans)));
      return;
    }
    const others = (this._accounts ?? []).filter(
      one => one.name !== account.name
    );
    this._set(() => {
      this._accounts = [...others, account];
      this._failure = null;
      this._hear(this._trans.__('%1 is connected.', account.name));
      if (isShown()) {
        this._view = 'list';
        this._latest = account.name;
      }
    });
    await this.refresh(); // in the order the server gives
  }

  /** Test accounts, and keep how it went. */
  async test(names: readonly string[]): Promise<void> {
    await this._each(names, async name => {
      const account = await this._requests.test(name);
      this._set(() => {
        this._replace(account);
        this._hear(
          account.state === 'ok'
            ? this._trans.__('%1 works.', name)
            : this._trans.__('%1 does not work.', name)
        );
      });
    });
  }

  /** Ask to which host the key of an account may not be sent yet; null when that failed. */
  async hostOf(name: string): Promise<IHost | null> {
    let found: IHost | null = null;
    await this._each([name], async () => {
      found = await this._requests.host(name);
    });
    return found;
  }

  /** Say that a person confirmed the host of an account, and test it there. */
  async confirmHost(name: string, host: string): Promise<void> {
    await this._each([name], async () => {
      const account = await this._requests.confirmHost(name, host);
      this._set(() => this._replace(account));
    });
    if (this._failure === null) {
      await this.test([name]);
    }
  }

  /**
   * Remove accounts; by force, even where their keys have to be left behind.
   *
   * Return those whose keys could not be removed, which are as they were.
   */
  async remove(names: readonly string[], force = false): Promise<string[]> {
    const held: string[] = [];
    await this._each(names, async name => {
      try {
        await this._requests.remove(name, force);
      } catch (reason) {
        if (failureIn(reason, this._trans).cause === 'storage') {
          held.push(name);
        }
        throw reason;
      }
      this._set(() => {
        this._accounts = (this._accounts ?? []).filter(
          one => one.name !== name
        );
        this._chosen.delete(name);
        this._hear(this._trans.__('%1 is removed.', name));
      });
    });
    await this._confirm();
    return held;
  }

  /** Do no more with those accounts whose turn has not come. */
  stop(): void {
    this._set(() => {
      for (const round of this._rounds) {
        round.stop().forEach(name => this._busy.delete(name));
      }
    });
  }

  /** Ask for the accounts again, without hiding what just went wrong. */
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
      this._noticeShown = false;
      names.forEach(name => this._busy.add(name));
    });
    const round = new Round(names);
    this._rounds.add(round);
    await round.run(async name => {
      const failure = await act(name).then(
        () => null,
        (reason: unknown) => failureIn(reason, this._trans)
      );
      this._set(() => {
        this._busy.delete(name);
        this._failure = failure ?? this._failure;
      });
    });
    this._set(() => this._rounds.delete(round));
  }

  private _replace(account: IAccount): void {
    this._accounts = (this._accounts ?? []).map(one =>
      one.name === account.name ? account : one
    );
  }

  private _hear(notice: string): void {
    this._notice = notice;
    this._noticeShown = false;
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
  private _noticeShown = false;
  private _loading = 0;
  private _view: View = 'list';
  private _form = 0; // which one it is that is shown, or was last
  private _latest: string | null = null;
  private _matches: Matches | null = null;
  private _chosen = new Set<string>();
  private _busy = new Set<string>();
  private _rounds = new Set<Round>();
}
