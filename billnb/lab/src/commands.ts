/**
 * What can be done, from the palette, menus, the launcher and the panel alike?
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  addIcon,
  checkIcon,
  deleteIcon,
  refreshIcon
} from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { analysisIcon, billingIcon, dashboardIcon } from './icons';
import type { BillingModel } from './model';
import { notebookStem } from './names';
import type { ICell } from './notebooks';
import { analysis, dashboard, tour } from './notebooks';
import { open } from './opening';
import type { Preferences } from './preferences';

export namespace CommandIDs {
  export const show = 'billnb:show';
  export const connect = 'billnb:connect';
  export const refresh = 'billnb:refresh';
  export const openDashboard = 'billnb:open-dashboard';
  export const newAnalysis = 'billnb:new-analysis';
  export const test = 'billnb:test';
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

  /** Whom a command is about: whom it is told, who is pointed at, or who is chosen. */
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

  async function opened(
    stem: string,
    cells: ICell[],
    run: boolean
  ): Promise<void> {
    try {
      await open(app, folder(), stem, cells, run && shownHere);
      if (run && shownHere && model.accounts !== null) {
        await model.refresh(); // for it was loaded, or could not be
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
    label: trans.__('Connect an Account…'),
    icon: addIcon,
    execute: () => {
      show();
      model.view = 'form';
    },
    describedBy: NOTHING
  });
  commands.addCommand(CommandIDs.refresh, {
    label: trans.__('Refresh Accounts'),
    icon: refreshIcon,
    execute: () => model.refresh(),
    describedBy: NOTHING
  });
  commands.addCommand(CommandIDs.openDashboard, {
    label: trans.__('Open Dashboard'),
    caption: trans.__('Open the dashboard of what is chosen, or of all'),
    icon: dashboardIcon,
    execute: args => {
      const accounts = meant(args);
      const cells = dashboard({ accounts }, preferences.since, trans, toRun);
      return opened(notebookStem(accounts), cells, true);
    },
    describedBy: ACCOUNTS
  });
  commands.addCommand(CommandIDs.newAnalysis, {
    label: trans.__('New Analysis Notebook'),
    caption: trans.__('Begin an analysis of what is chosen, or of all'),
    icon: analysisIcon,
    execute: args => {
      const accounts = meant(args);
      const cells = analysis({ accounts }, preferences.since, trans);
      return opened(notebookStem(accounts, 'analysis'), cells, false);
    },
    describedBy: ACCOUNTS
  });
  commands.addCommand(CommandIDs.test, {
    label: trans.__('Test Connection'),
    icon: checkIcon,
    caption: trans.__('Test the connection of what is chosen, or of all'),
    execute: async args => {
      if (model.accounts === null) {
        await model.refresh();
      }
      const names = meant(args);
      await model.test(names.length > 0 ? names : model.names);
    },
    describedBy: ACCOUNTS
  });
  commands.addCommand(CommandIDs.remove, {
    label: trans.__('Remove…'),
    icon: deleteIcon,
    isEnabled: args => Boolean(args.here) || meant(args).length > 0,
    execute: async args => {
      const names = meant(args);
      if (await confirmed(names, trans)) {
        await model.remove(names);
      }
    },
    describedBy: ACCOUNTS
  });
  commands.addCommand(CommandIDs.demo, {
    label: trans.__('Try the Demo'),
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
        description: 'The names of accounts; those that are chosen otherwise.'
      },
      here: {
        type: 'boolean',
        description: 'Whether the account that was pointed at is meant.'
      }
    }
  }
};

async function confirmed(
  names: readonly string[],
  trans: TranslationBundle
): Promise<boolean> {
  const answer = await showDialog({
    title: trans._n(
      'Remove this account?',
      'Remove %1 accounts?',
      names.length
    ),
    body: trans.__(
      '%1: the name and the stored key are deleted here. Notebooks stay as they are, and nothing changes at the vendor.',
      listed(names, trans)
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Remove') })
    ],
    defaultButton: 0
  });
  return answer.button.accept;
}

function listed(names: readonly string[], trans: TranslationBundle): string {
  return names.length <= 8
    ? names.join(', ')
    : trans.__(
        '%1 and %2 more',
        names.slice(0, 7).join(', '),
        names.length - 7
      );
}
