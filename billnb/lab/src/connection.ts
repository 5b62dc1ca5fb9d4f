/**
 * What is sent when the form is filled in?
 */

import type { IConnection, IProvider, Store } from './answers';

/** The name of a field in the form: no field of a provider can be called like the form's own. */
export function inputName(field: { name: string }): string {
  return `field:${field.name}`;
}

/** Return what a form says; fields that are left empty are left out. */
export function connectionOf(
  form: { get(name: string): unknown },
  provider: IProvider,
  verify: boolean
): IConnection {
  const connection: IConnection = {
    name: text(form, 'name'),
    provider: provider.name,
    options: {},
    secrets: {},
    store: text(form, 'store') as Store,
    verify
  };
  for (const field of provider.fields) {
    const value = text(form, inputName(field));
    if (value) {
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
