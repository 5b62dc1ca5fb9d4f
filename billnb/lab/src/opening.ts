/**
 * The writing and opening of notebooks.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { PathExt } from '@jupyterlab/coreutils';
import type {
  DocumentRegistry,
  IDocumentWidget
} from '@jupyterlab/docregistry';
import type { Contents, KernelSpec } from '@jupyterlab/services';
import type { IKernel } from './notebooks';
import { notebook } from './notebooks';
import type { ICell } from './notebooks';
import { notebookName } from './names';

const TAKEN = 409;

/**
 * Write a notebook into a folder, under a name that nothing there has.
 *
 * It is written under a name that the server chooses, and then renamed, which it refuses where
 * another file has come to be in the meantime: nothing is ever replaced.
 */
export async function write(
  contents: Contents.IManager,
  folder: string,
  stem: string,
  content: object
): Promise<string> {
  const { path } = await contents.newUntitled({
    path: folder,
    type: 'notebook'
  });
  await contents.save(path, { type: 'notebook', format: 'json', content });
  const listed = await contents.get(folder);
  const names = new Set<string>(
    (listed.content as Contents.IModel[]).map(file => file.name)
  );
  for (;;) {
    const name = notebookName(stem, names);
    try {
      return (await contents.rename(path, PathExt.join(folder, name))).path;
    } catch (reason) {
      if (statusOf(reason) !== TAKEN) {
        throw reason;
      }
      names.add(name);
    }
  }
}

/** Return the kernel for Python: the server's default, or else the first there is. */
export function pythonKernel(
  specs: KernelSpec.ISpecModels | null
): IKernel | null {
  const all = specs?.kernelspecs ?? {};
  const found = [all[specs?.default ?? ''], ...Object.values(all)].find(
    spec => spec?.language === 'python'
  );
  return found
    ? {
        name: found.name,
        display_name: found.display_name,
        language: found.language
      }
    : null;
}

/** Make a notebook of cells and show it; run it where it is shown in this window. */
export async function open(
  app: JupyterFrontEnd,
  folder: string,
  stem: string,
  cells: ICell[],
  run: boolean
): Promise<void> {
  const { contents, kernelspecs } = app.serviceManager;
  await kernelspecs.ready;
  const kernel = pythonKernel(kernelspecs.specs);
  const path = await write(contents, folder, stem, notebook(cells, kernel));
  const shown: IDocumentWidget | undefined = await app.commands.execute(
    'docmanager:open',
    { path, factory: 'Notebook' }
  );
  if (run && shown) {
    await ready(shown.context);
    if (app.shell.currentWidget === shown) {
      await app.commands.execute('notebook:run-all-cells');
    }
  }
}

async function ready(context: DocumentRegistry.Context): Promise<void> {
  await context.ready;
  await context.sessionContext.ready;
  await context.sessionContext.session?.kernel?.info;
}

function statusOf(reason: unknown): number | undefined {
  return (reason as { response?: Response } | null)?.response?.status;
}
