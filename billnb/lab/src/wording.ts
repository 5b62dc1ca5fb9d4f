/**
 * The texts about the state of an account.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { IAccount, State } from './answers';
import { sentence } from './failures';

/** How a state looks: as it should be, to be looked at, broken, or not known. */
export type Tone = 'good' | 'warning' | 'bad' | 'neutral';

const TONES: Record<State, Tone> = {
  ok: 'good',
  refused: 'bad',
  unreachable: 'warning',
  untried: 'neutral',
  incomplete: 'bad',
  unconfirmed: 'bad',
  locked: 'bad',
  unknown: 'warning'
};

/** Return how a state looks. */
export function toneOf(state: State): Tone {
  return TONES[state] ?? 'neutral';
}

/** Say a state in two words. */
export function stateText(state: State, trans: TranslationBundle): string {
  switch (state) {
    case 'ok':
      return trans.__('OK');
    case 'refused':
      return trans.__('Key refused');
    case 'unreachable':
      return trans.__('Unreachable');
    case 'incomplete':
      return trans.__('No key');
    case 'unconfirmed':
      return trans.__('Host not confirmed');
    case 'locked':
      return trans.__('Key not readable');
    case 'unknown':
      return trans.__('Provider missing');
    default:
      return trans.__('Never tried');
  }
}

/** Say what is wrong with an account, and then what to do; nothing if nothing is wrong. */
export function adviceOf(
  account: IAccount,
  trans: TranslationBundle
): string[] {
  const said = account.message ? [sentence(account.message)] : [];
  switch (account.state) {
    case 'refused':
      return [
        ...said,
        trans.__('For another key, remove the account and connect it again.')
      ];
    case 'unreachable':
      return [...said, trans.__('Test it again later.')];
    case 'incomplete':
      return said.length > 0
        ? said // which names them
        : [
            trans.__(
              'Set %1, or remove the account and connect it again.',
              Object.values(account.variables).join(', ')
            )
          ];
    case 'unconfirmed':
      return said.length > 0
        ? said // which names the host
        : [trans.__('Its key would be sent to a host that was not confirmed.')];
    case 'locked':
      return said.length > 0
        ? said // which says what to do as well
        : [
            account.kept === 'file'
              ? trans.__('Correct the file, and test again.')
              : trans.__('Unlock the keyring, and test again.')
          ];
    case 'unknown':
      return said.length > 0
        ? said // which says what to do as well
        : [
            trans.__(
              'Install the package that knows “%1”, or remove the account.',
              account.provider
            )
          ];
    default:
      return [];
  }
}

/** Say why accounts cannot be removed. */
export function whyNotRemovable(
  accounts: readonly IAccount[],
  trans: TranslationBundle
): string {
  const names = accounts.map(account => account.name).join(', ');
  const variables = accounts.flatMap(one => Object.values(one.variables));
  return accounts.length === 1 && variables.length > 0
    ? trans.__(
        '%1 is set in the environment: unset %2 to remove it.',
        names,
        variables.join(', ')
      )
    : trans.__(
        '%1: set in the environment; unset the variables to remove it.',
        names
      );
}

/** Say when an account was last loaded; nothing where it cannot have been. */
export function syncText(
  account: IAccount,
  trans: TranslationBundle,
  ago: (time: string) => string
): string {
  if (account.last_sync) {
    return trans.__('loaded %1', ago(account.last_sync));
  }
  return account.state === 'ok' ? trans.__('never loaded') : '';
}

/** Say when an account was loaded and tested, and where its key is. */
export function detailsOf(
  account: IAccount,
  trans: TranslationBundle,
  exact: (time: string) => string
): string {
  const lines = [
    account.last_sync
      ? trans.__('Loaded: %1', exact(account.last_sync))
      : trans.__('Never loaded'),
    account.tested_at
      ? trans.__('Tested: %1', exact(account.tested_at))
      : trans.__('Never tested')
  ];
  switch (account.kept) {
    case 'keyring':
      lines.push(trans.__('Key: in the system keyring'));
      break;
    case 'file':
      lines.push(trans.__('Key: in a file that only you can read'));
      break;
    case 'environment':
      lines.push(trans.__('Key: in the environment'));
      break;
  }
  return lines.join('\n');
}
