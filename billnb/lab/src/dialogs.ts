/**
 * The dialogs that ask for a confirmation.
 */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IFailure } from './failures';
import { sentence } from './failures';

/** How many names a dialog holds. */
const MANY = 8;

/** Ask whether accounts are to be removed; say how many others cannot be. */
export async function isSure(
  names: readonly string[],
  staying: number,
  trans: TranslationBundle
): Promise<boolean> {
  const stay =
    staying > 0
      ? trans._n(
          'Another one is set in the environment, and stays.',
          '%1 others are set in the environment, and stay.',
          staying
        )
      : '';
  return asked(
    trans._n('Remove this account?', 'Remove %1 accounts?', names.length),
    [
      trans.__(
        '%1: the name and the stored key are deleted here. Notebooks stay as they are, and nothing changes at the vendor.',
        listed(names, trans)
      ),
      stay
    ],
    trans
  );
}

/** Ask whether accounts are to be removed though their keys stay behind. */
export async function isSureAllTheSame(
  names: readonly string[],
  failure: IFailure | null,
  trans: TranslationBundle
): Promise<boolean> {
  return asked(
    trans._n(
      'Remove it and leave its key where it is?',
      'Remove %1 accounts and leave their keys where they are?',
      names.length
    ),
    [
      trans.__('%1: the key could not be removed.', listed(names, trans)),
      failure ? sentence(failure.message) : ''
    ],
    trans
  );
}

/** Ask whether a key may be sent to a host, which the question and the answer both name. */
export async function isHostConfirmed(
  host: string,
  reason: string | null,
  trans: TranslationBundle
): Promise<boolean> {
  return asked(
    trans.__('Send the key to %1?', host),
    [
      reason ? sentence(reason) : '',
      trans.__('The operator of %1 can then read the key.', host)
    ],
    trans,
    trans.__('Send it to %1', host)
  );
}

async function asked(
  title: string,
  body: readonly string[],
  trans: TranslationBundle,
  yes = trans.__('Remove')
): Promise<boolean> {
  const answer = await showDialog({
    title,
    body: body.filter(Boolean).join(' '),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: yes })
    ],
    defaultButton: 0
  });
  return answer.button.accept;
}

function listed(names: readonly string[], trans: TranslationBundle): string {
  return names.length <= MANY
    ? names.join(', ')
    : trans.__(
        '%1 and %2 more',
        names.slice(0, MANY - 1).join(', '),
        names.length - MANY + 1
      );
}
