/**
 * The sidebar with the accounts.
 */

import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import {
  Button,
  CommandToolbarButton,
  SidePanel,
  Toolbar,
  VDomRenderer
} from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import React from 'react';
import { AccountList } from './accountlist';
import { ACCOUNT_ATTRIBUTE, CommandIDs } from './commands';
import { ConnectForm } from './connectform';
import { billingIcon } from './icons';
import type { BillingModel, View } from './model';
import { Empty, Failure, Skeleton } from './notices';
import type { Preferences } from './preferences';

export interface IPanelOptions {
  model: BillingModel;
  preferences: Preferences;
  commands: CommandRegistry;
  translator: ITranslator;
}

export class BillingPanel extends SidePanel {
  constructor(private _options: IPanelOptions) {
    const { translator, commands } = _options;
    super({ content: new Panel(), translator });
    const trans = translator.load('billnb');
    this.id = 'billnb-panel';
    this.addClass('billnb-Panel');
    this.title.icon = billingIcon;
    this.title.caption = trans.__('Billing');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Billing'));

    const heading = new Widget({ node: document.createElement('h2') });
    heading.addClass('billnb-Panel-title');
    heading.node.textContent = trans.__('Billing accounts');
    this.toolbar.node.setAttribute('aria-label', trans.__('Billing toolbar'));
    this.toolbar.addItem('title', heading);
    this.toolbar.addItem('spacer', Toolbar.createSpacerItem());
    for (const id of [CommandIDs.connect, CommandIDs.refresh]) {
      const button = new CommandToolbarButton({ commands, id, label: '' });
      this.toolbar.addItem(id, button);
    }
    this.addWidget(new Body(_options, trans));
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.isVisible) {
      this._refresh();
    }
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._refresh();
  }

  private _refresh(): void {
    const { model } = this._options;
    if (!model.loading) {
      void model.refresh();
    }
  }
}

/** What is below the toolbar: the list, or the form. */
class Body extends VDomRenderer<BillingModel> {
  constructor(
    private _options: IPanelOptions,
    private _trans: TranslationBundle
  ) {
    super(_options.model);
    this.addClass('billnb-Body');
  }

  protected render(): JSX.Element {
    const { model } = this;
    const trans = this._trans;
    return (
      <>
        <div
          className={model.noticeShown ? 'billnb-Notice' : 'billnb-unseen'}
          role="status"
        >
          {model.notice}
        </div>
        {model.view === 'form' ? (
          <ConnectForm model={model} trans={trans} />
        ) : (
          this._list()
        )}
      </>
    );
  }

  private _list(): JSX.Element {
    const { model } = this;
    const trans = this._trans;
    const { accounts, failure } = model;
    const run = (command: string) => () => this._act(command);
    return (
      <>
        {failure && (
          <Failure
            failure={failure}
            trans={trans}
            onDismiss={accounts ? this._dismiss : undefined}
          >
            <Button
              small
              className="jp-mod-styled"
              onClick={run(CommandIDs.refresh)}
            >
              {trans.__('Refresh')}
            </Button>
            {!accounts && (
              <Button
                small
                className="jp-mod-styled"
                onClick={run(CommandIDs.demo)}
              >
                {trans.__('Try the demo')}
              </Button>
            )}
          </Failure>
        )}
        {accounts === null && !failure && <Skeleton trans={trans} />}
        {accounts?.length === 0 && (
          <Empty
            trans={trans}
            onConnect={run(CommandIDs.connect)}
            onDemo={run(CommandIDs.demo)}
          />
        )}
        {accounts && accounts.length > 0 && (
          <AccountList
            model={model}
            trans={trans}
            onOpen={this._open}
            onAction={this._act}
          />
        )}
      </>
    );
  }

  protected onUpdateRequest(message: Message): void {
    super.onUpdateRequest(message);
    const { view, latest } = this.model;
    if (this._view === 'form' && view === 'list') {
      void this.renderPromise?.then(() => this._leadOn(latest));
    }
    this._view = view;
  }

  /** Where the form was, the focus goes on: to the account that was connected, or where Tab would lead. */
  private _leadOn(latest: string | null): void {
    const rows = [...this.node.querySelectorAll<HTMLElement>('[role=row]')];
    const row = rows.find(
      one => one.getAttribute(ACCOUNT_ATTRIBUTE) === latest
    );
    const first =
      rows.find(one => one.tabIndex === 0) ??
      this.node.querySelector<HTMLElement>('.billnb-Empty button') ??
      this.node.querySelector('button');
    (row ?? first)?.focus();
  }

  private _view: View = 'list';

  private _dismiss = (): void => {
    this.model.dismiss();
    this._leadOn(null);
  };

  private _open = (accounts: readonly string[]): void => {
    const analysis = this._options.preferences.opens === 'analysis';
    this._act(
      analysis ? CommandIDs.newAnalysis : CommandIDs.openDashboard,
      accounts
    );
  };

  private _act = (command: string, accounts?: readonly string[]): void => {
    const args = accounts && { accounts: [...accounts] };
    void this._options.commands.execute(command, args);
  };
}
