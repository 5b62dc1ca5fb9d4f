/**
 * The message that is sent when the form is filled in.
 */

import type { IConnection, IProvider, Place } from './answers';
import { variable } from './names';

/** The name of a field in the form: no field of a provider can be called like the form's own. */
export function inputName(field: { name: string }): string {
  return `field:${field.name}`;
}

/** Return the variables that hold the secrets of an account, once it has a name. */
export function variablesOf(provider: IProvider, name: string): string[] {
  const prefix = `${variable(provider.name)}_`;
  return provider.fields
    .filter(field => field.secret)
    .map(field => {
      const own = field.variable.startsWith(prefix)
        ? field.variable.slice(prefix.length)
        : field.variable;
      return `BILLNB_${name ? variable(name) : '…'}_${own}`;
    });
}

/**
 * Return what a form says; fields that are left empty are left out.
 *
 * Where the environment holds the secrets, none is sent, and there is none to keep.
 */
export function connectionOf(
  form: { get(name: string): unknown },
  provider: IProvider,
  verify: boolean
): IConnection {
  const place = text(form, 'store') as Place;
  const connection: IConnection = {
    name: text(form, 'name'),
    provider: provider.name,
    options: {},
    secrets: {},
    ...(place !== 'environment' && { store: place }),
    verify
  };
  for (const field of provider.fields) {
    const value = text(form, inputName(field));
    const elsewhere = field.secret && place === 'environment';
    if (value && !elsewhere) {
      const kept = field.secret ? connection.secrets : connection.options;
      kept[field.name] = value;
    }
  }
  return connection;
}

function text(form: { get(name: string): unknown }, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}
