/**
 * The names of accounts, and of their notebooks.
 */

import type { TranslationBundle } from '@jupyterlab/translation';

const LONGEST = 64;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/** Say what is wrong with the name of a new account; null when nothing is. */
export function nameProblem(
  name: string,
  taken: Iterable<string>,
  trans: TranslationBundle
): string | null {
  if (!name) {
    return trans.__('The account needs a name.');
  }
  if (name.length > LONGEST) {
    return trans.__('At most %1 characters.', LONGEST);
  }
  if (!NAME.test(name)) {
    return trans.__(
      'Letters without accents, digits, - and _ only, a letter or digit first.'
    );
  }
  // their variables in the environment would have one name
  const key = variable(name);
  for (const other of taken) {
    if (variable(other) === key) {
      return trans.__('There is an account called %1 already.', other);
    }
  }
  return null;
}

/** Return a name as it stands in the names of environment variables. */
export function variable(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/gu, '_');
}

/** Return a notebook's name that no other file in its folder has. */
export function notebookName(stem: string, taken: Iterable<string>): string {
  return numbered(stem, new Set(taken), '.ipynb');
}

/** Return what a notebook about accounts is called, before its number and ending. */
export function notebookStem(accounts: readonly string[], suffix = ''): string {
  const named = accounts.length <= 3 ? accounts.map(plain).join('-') : '';
  const several = accounts.length > 3 ? `${accounts.length}-accounts` : '';
  return ['billing', named || several, suffix].filter(Boolean).join('-');
}

function plain(name: string): string {
  return name.replace(/[^\p{L}\p{N}_-]+/gu, '-').slice(0, 40);
}

function numbered(base: string, taken: Set<string>, ending: string): string {
  let name = base + ending;
  for (let number = 2; taken.has(name); number++) {
    name = `${base}-${number}${ending}`;
  }
  return name;
}
