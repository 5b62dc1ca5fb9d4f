/**
 * The plugin: a sidebar with billing accounts, and the commands that open it.
 *
 * Only the application itself is required: without a launcher, a palette, settings or a file browser,
 * the rest still works.
 */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILabShell, ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { addCommands, CommandIDs, PALETTE } from './commands';
import { BillingModel } from './model';
import { BillingPanel } from './panel';
import { Preferences } from './preferences';
import { Requests } from './requests';

const RANK = 600; // below the file browser, sessions and the table of contents

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'billnb:plugin',
  description: 'Billing accounts, dashboards and analysis notebooks.',
  autoStart: true,
  optional: [
    ITranslator,
    ISettingRegistry,
    ICommandPalette,
    ILauncher,
    ILayoutRestorer,
    ILabShell,
    IDefaultFileBrowser
  ],
  activate
};

function activate(
  app: JupyterFrontEnd,
  translator: ITranslator | null,
  settings: ISettingRegistry | null,
  palette: ICommandPalette | null,
  launcher: ILauncher | null,
  restorer: ILayoutRestorer | null,
  labShell: ILabShell | null,
  files: IDefaultFileBrowser | null
): void {
  const trans = (translator ?? nullTranslator).load('billnb');
  const preferences = new Preferences();
  const requests = new Requests(app.serviceManager.serverSettings, trans);
  const model = new BillingModel(requests, trans);
  const panel = new BillingPanel({
    model,
    preferences,
    commands: app.commands,
    translator: translator ?? nullTranslator
  });

  addCommands({
    app,
    model,
    preferences,
    trans,
    folder: () => files?.model.path ?? '',
    shownHere: labShell !== null,
    show: () => app.shell.activateById(panel.id)
  });
  app.shell.add(panel, 'left', { rank: RANK, type: 'Billing' });
  restorer?.add(panel, panel.id);

  for (const command of PALETTE) {
    palette?.addItem({
      command,
      category: trans.__('Billing'),
      args: { isPalette: true }
    });
  }
  launcher?.add({
    command: CommandIDs.show,
    category: trans.__('Other'),
    rank: 5
  });
  model.stateChanged.connect(() => {
    app.commands.notifyCommandChanged(CommandIDs.remove);
    app.commands.notifyCommandChanged(CommandIDs.confirmHost);
  });
  settings
    ?.load(plugin.id)
    .then(found => preferences.follow(found))
    .catch(reason => {
      console.error('The settings of billnb cannot be read.', reason);
    });
}

export default plugin;
