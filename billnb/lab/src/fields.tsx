/**
 * The fields of the form that a provider needs.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useId } from 'react';
import type { IField, IProvider } from './answers';
import { inputName } from './connection';

export interface IFieldProps {
  id: string;
  label: string;
  /** What is wrong with what was typed. */
  fault?: string | null;
  help?: string;
  children: React.ReactNode;
}

/** A label, what it is of, and a line below. */
export function Field(props: IFieldProps): JSX.Element {
  const { id, label, fault, help, children } = props;
  return (
    <div className="billnb-Field">
      <label htmlFor={id}>{label}</label>
      {children}
      {(fault || help) && (
        <div
          id={`${id}-help`}
          className={fault ? 'billnb-Field-fault' : 'billnb-Field-help'}
          role={fault ? 'alert' : undefined}
        >
          {fault || help}
        </div>
      )}
    </div>
  );
}

/** The fields of a provider: those it needs first, the others folded away. */
export function ProviderFields(props: {
  provider: IProvider;
  refused: boolean;
  /** Whether its secrets come from elsewhere, and are not asked for. */
  secretless: boolean;
  trans: TranslationBundle;
}): JSX.Element {
  const { provider, refused, secretless, trans } = props;
  const isMain = (field: IField) => field.required || field.secret;
  const isAsked = (field: IField) => !(field.secret && secretless);
  const more = provider.fields.filter(field => !isMain(field));
  return (
    <>
      {provider.fields
        .filter(isMain)
        .filter(isAsked)
        .map(field => (
          <Input key={field.name} field={field} refused={refused} />
        ))}
      {more.length > 0 && (
        <details className="billnb-More">
          <summary>{trans.__('More options')}</summary>
          {more.map(field => (
            <Input key={field.name} field={field} refused={false} />
          ))}
        </details>
      )}
    </>
  );
}

function Input(props: { field: IField; refused: boolean }): JSX.Element {
  const { field, refused } = props;
  const id = useId();
  return (
    <Field id={id} label={field.label}>
      <input
        id={id}
        name={inputName(field)}
        type={field.secret ? 'password' : 'text'}
        className="jp-mod-styled"
        placeholder={field.placeholder ?? undefined}
        required={field.required}
        spellCheck={false}
        autoComplete={field.secret ? 'new-password' : 'off'}
        aria-invalid={field.secret && refused}
      />
    </Field>
  );
}
