/**
 * The commands, for the palette, menus, the launcher and the panel.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { showErrorMessage } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  addIcon,
  checkIcon,
  deleteIcon,
  refreshIcon
} from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { analysisIcon, billingIcon, dashboardIcon } from './icons';
import type { IAccount } from './answers';
import { isHostConfirmed, isSure, isSureAllTheSame } from './dialogs';
import type { BillingModel } from './model';
import { notebookStem } from './names';
import type { ICell } from './notebooks';
import { analysis, dashboard, tour } from './notebooks';
import { open } from './opening';
import type { Preferences } from './preferences';
import { whyNotRemovable } from './wording';

export namespace CommandIDs {
  export const show = 'billnb:show';
  export const connect = 'billnb:connect';
  export const refresh = 'billnb:refresh';
  export const openDashboard = 'billnb:open-dashboard';
  export const newAnalysis = 'billnb:new-analysis';
  export const test = 'billnb:test';
  export const confirmHost = 'billnb:confirm-host';
  export const remove = 'billnb:remove';
  export const demo = 'billnb:demo';
  export const tour = 'billnb:tour';
}

/** The commands of the palette, in its order. */
export const PALETTE = Object.values(CommandIDs);

export interface ICommandOptions {
  app: JupyterFrontEnd;
  model: BillingModel;
  preferences: Preferences;
  trans: TranslationBundle;
  /** The folder that new notebooks go to. */
  folder: () => string;
  /** Whether what is opened is shown in this window, where it can be run. */
  shownHere: boolean;
  /** Show the panel. */
  show: () => void;
}

/** The attribute of a row that says whose it is. */
export const ACCOUNT_ATTRIBUTE = 'data-account';

/** Make the commands known. */
export function addCommands(options: ICommandOptions): void {
  const { app, model, preferences, trans, folder, shownHere, show } = options;
  const { commands } = app;

  /** The accounts of a command: those given, the one pointed at, or those chosen. */
  function meant(args: ReadonlyPartialJSONObject): readonly string[] {
    if (Array.isArray(args.accounts)) {
      return args.accounts.map(String);
    }
    if (args.here) {
      const here = app
        .contextMenuHitTest(node => node.hasAttribute(ACCOUNT_ATTRIBUTE))
        ?.getAttribute(ACCOUNT_ATTRIBUTE);
      if (here && !model.isChosen(here)) {
        return [here];
      }
    }
    return model.chosen;
  }

  /** Label a command: with more words in the palette, where it stands alone. */
  function label(here: string, inPalette: string) {
    return (args: ReadonlyPartialJSONObject) =>
      args.isPalette ? inPalette : here;
  }

  /** Whether there is no account to open, which the panel then says. */
  async function nothingThere(accounts: readonly string[]): Promise<boolean> {
    const isEmpty = () => accounts.length === 0 && model.accounts?.length === 0;
    if (isEmpty()) {
      await model.refresh(); // one may have been added
    }
    if (isEmpty()) {
      show();
      return true;
    }
    return false;
  }

  async function removed(names: readonly string[]): Promise<void> {
    const going = names.filter(name => model.isRemovable(name));
    const staying = names
      .filter(name => !model.isRemovable(name))
      .map(name => model.account(name))
      .filter((one): one is IAccount => one !== undefined);
    if (going.length === 0) {
      if (staying.length > 0) {
        model.tell(whyNotRemovable(staying, trans));
      }
      return;
    }
    if (await isSure(going, staying.length, trans)) {
      const held = await model.remove(going);
      const { failure } = model;
      if (held.length > 0 && (await isSureAllTheSame(held, failure, trans))) {
        await model.remove(held, true);
      }
    }
  }

  /** The accounts of a command whose host is to be confirmed. */
  function unconfirmed(args: ReadonlyPartialJSONObject): readonly string[] {
    return meant(args).filter(
      name => model.account(name)?.state === 'unconfirmed'
    );
  }

  async function confirmed(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const found = await model.hostOf(name);
      if (!found) {
        return; // the failure is shown above the list
      }
      const { host, message } = found;
      if (host === null) {
        await model.test([name]); // it has been confirmed elsewhere
      } else if (await isHostConfirmed(host, message, trans)) {
        await model.confirmHost(name, host);
      }
    }
  }

  async function opened(
    stem: string,
    cells: ICell[],
    run: boolean
  ): Promise<void> {
    try {
      await open(app, folder(), stem, cells, run && shownHere);
      if (run && shownHere && model.accounts !== null) {
        await model.refresh(); // its state may have changed
      }
    } catch (reason) {
      await showErrorMessage(
        trans.__('The notebook could not be opened'),
        reason instanceof Error ? reason : String(reason)
      );
    }
  }

  const toRun = shownHere
    ? ''
    : trans.__('To see the dashboard, choose Run All Cells in the menu Run.');

  commands.addCommand(CommandIDs.show, {
    label: trans.__('Billing'),
    caption: trans.__('Show billing accounts'),
    icon: billingIcon,
    execute: show,
    describedBy: NOTHING
  });
  commands.addCommand(CommandIDs.connect, {
    label: label(
      trans.__('Connect an Account…'),
      trans.__('Connect a Billing Account…')
    ),
    icon: addIcon,
    execute: () => {
      show();
      model.view = 'form';
    },
    describedBy: NOTHING
  });
  commands.addCommand(CommandIDs.refresh, {
    label: label(
      trans.__('Refresh Accounts'),
      trans.__('Refresh Billing Accounts')
    ),
    icon: refreshIcon,
    execute: () => model.refresh(),
    describedBy: NOTHING
  });
  commands.addCommand(CommandIDs.openDashboard, {
    label: label(
      trans.__('Open Dashboard'),
      trans.__('Open Billing Dashboard')
    ),
    caption: trans.__('Open the dashboard of the chosen accounts, or of all'),
    icon: dashboardIcon,
    execute: async args => {
      const accounts = meant(args);
      if (await nothingThere(accounts)) {
        return;
      }
      const cells = dashboard({ accounts }, preferences.since, trans, toRun);
      return opened(notebookStem(accounts), cells, true);
    },
    describedBy: ACCOUNTS
  });
  commands.addCommand(CommandIDs.newAnalysis, {
    label: label(
      trans.__('New Analysis Notebook'),
      trans.__('New Billing Analysis')
    ),
    caption: trans.__('Begin an analysis of the chosen accounts, or of all'),
    icon: analysisIcon,
    execute: async args => {
      const accounts = meant(args);
      if (await nothingThere(accounts)) {
        return;
      }
      const cells = analysis({ accounts }, preferences.since, trans);
      return opened(notebookStem(accounts, 'analysis'), cells, false);
    },
    describedBy: ACCOUNTS
  });
  commands.addCommand(CommandIDs.test, {
    label: label(
      trans.__('Test Connection'),
      trans.__('Test Billing Accounts')
    ),
    icon: checkIcon,
    caption: trans.__('Test the connection of the chosen accounts, or of all'),
    execute: async args => {
      if (model.accounts === null) {
        await model.refresh();
      }
      const names = meant(args);
      await model.test(names.length > 0 ? names : model.names);
    },
    describedBy: ACCOUNTS
  });
  commands.addCommand(CommandIDs.confirmHost, {
    label: label(
      trans.__('Confirm Host…'),
      trans.__('Confirm the Host of Billing Accounts…')
    ),
    caption: trans.__('Allow the key to be sent to the host of the account'),
    icon: checkIcon,
    isEnabled: args => unconfirmed(args).length > 0,
    isVisible: args => !args.here || unconfirmed(args).length > 0,
    execute: args => confirmed(unconfirmed(args)),
    describedBy: ACCOUNTS
  });
  commands.addCommand(CommandIDs.remove, {
    label: label(trans.__('Remove…'), trans.__('Remove Billing Accounts…')),
    icon: deleteIcon,
    isEnabled: args => meant(args).some(name => model.isRemovable(name)),
    execute: args => removed(meant(args)),
    describedBy: ACCOUNTS
  });
  commands.addCommand(CommandIDs.demo, {
    label: label(trans.__('Try the Demo'), trans.__('Try the Billing Demo')),
    caption: trans.__('The dashboard on made-up accounts: no key, no network'),
    icon: dashboardIcon,
    execute: () =>
      opened('billing-demo', dashboard('demo', null, trans, toRun), true),
    describedBy: NOTHING
  });
  commands.addCommand(CommandIDs.tour, {
    label: trans.__('Billing Tour'),
    caption: trans.__('A notebook that shows what billnb does'),
    execute: () => opened('billing-tour', tour(trans), false),
    describedBy: NOTHING
  });
}

const NOTHING = { args: { type: 'object', properties: {} } };

const ACCOUNTS = {
  args: {
    type: 'object',
    properties: {
      accounts: {
        type: 'array',
        items: { type: 'string' },
        description: 'The names of accounts; by default, the chosen ones.'
      },
      here: {
        type: 'boolean',
        description: 'Whether to use the account that was pointed at.'
      },
      isPalette: {
        type: 'boolean',
        description: 'Whether it is labelled for the command palette.'
      }
    }
  }
};
