/**
 * The form that connects an account.
 *
 * A secret lives in the input it is typed into, and nowhere else: it is read when the form is
 * sent, and the form is emptied when it is done.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Button, HTMLSelect } from '@jupyterlab/ui-components';
import React, { useEffect, useId, useRef, useState } from 'react';
import type { Place } from './answers';
import { connectionOf, variablesOf } from './connection';
import { isHostConfirmed } from './dialogs';
import type { IFailure } from './failures';
import { failureIn } from './failures';
import { Field, ProviderFields } from './fields';
import type { BillingModel } from './model';
import { nameProblem } from './names';
import { Failure } from './notices';
import { StoreChoice } from './storechoice';

export interface IFormProps {
  model: BillingModel;
  trans: TranslationBundle;
}

export function ConnectForm(props: IFormProps): JSX.Element {
  const { model, trans } = props;
  const form = useRef<HTMLFormElement>(null);
  const id = useId();
  const [selected, setSelected] = useState('');
  const [name, setName] = useState('');
  const [place, setPlace] = useState<Place | null>(null);
  const [nameFault, setNameFault] = useState<string | null>(null);
  const [failure, setFailure] = useState<IFailure | null>(null);
  const [sending, setSending] = useState(false);

  const { providers, storage } = model;
  const provider = providers.find(one => one.name === selected) ?? providers[0];

  useEffect(() => {
    const element = form.current;
    element?.querySelector<HTMLElement>('select, input')?.focus();
    return () => element?.reset();
  }, []);
  useEffect(() => {
    if (failure) {
      const wrong = failure.cause === 'refused' ? '[type=password]' : '';
      const named = failure.cause === 'taken' ? '[name=name]' : '';
      const find = (what: string) =>
        form.current?.querySelector<HTMLElement>(what);
      const alert = find('[role=alert]');
      const at = wrong || named;
      ((at && find(at)) || alert)?.focus({ preventScroll: true });
      alert?.scrollIntoView({ block: 'nearest' });
    }
  }, [failure]);

  const close = (): void => {
    if (sending) {
      return; // the account may still be connected
    }
    form.current?.reset();
    model.view = 'list';
  };

  const send = async (verify: boolean, host?: string): Promise<void> => {
    const element = form.current;
    if (!element || !provider || sending) {
      return;
    }
    const filled = connectionOf(new FormData(element), provider, verify);
    const connection = { ...filled, ...(host && { confirmed_host: host }) };
    const fault = nameProblem(connection.name, model.names, trans);
    setNameFault(fault);
    if (fault) {
      element.querySelector<HTMLElement>('[name=name]')?.focus();
      return;
    }
    setFailure(null);
    setSending(true);
    let failed: IFailure | null = null;
    try {
      await model.connect(connection);
    } catch (reason) {
      failed = failureIn(reason, trans);
    } finally {
      setSending(false);
    }
    const asked = failed?.cause === 'unconfirmed' ? failed.host : undefined;
    if (asked && failed && asked !== host) {
      if (await isHostConfirmed(asked, failed.message, trans)) {
        return send(verify, asked); // the form is read again: nothing else holds the key
      }
    }
    setFailure(failed);
  };

  return (
    <form
      ref={form}
      className="billnb-Form"
      aria-labelledby={`${id}-title`}
      autoComplete="off"
      onSubmit={event => {
        event.preventDefault();
        void send(true);
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          close();
        }
      }}
    >
      <h3 id={`${id}-title`}>{trans.__('Connect an account')}</h3>
      {failure && (
        <Failure failure={failure} trans={trans}>
          {failure.cause === 'unreachable' && (
            <Button
              type="button"
              small
              className="jp-mod-styled"
              disabled={sending}
              onClick={() => void send(false)}
            >
              {trans.__('Connect without a test')}
            </Button>
          )}
        </Failure>
      )}
      <fieldset disabled={sending} className="billnb-Form-fields">
        <Field id={`${id}-provider`} label={trans.__('Vendor')}>
          <HTMLSelect
            id={`${id}-provider`}
            value={provider?.name}
            options={providers.map(one => ({
              value: one.name,
              label: one.label
            }))}
            onChange={event => {
              setSelected(event.currentTarget.value);
              setFailure(null);
            }}
          />
        </Field>
        <Field
          id={`${id}-name`}
          label={trans.__('Account name')}
          fault={nameFault}
          help={trans.__('Its name in notebooks.')}
        >
          <input
            id={`${id}-name`}
            name="name"
            className="jp-mod-styled"
            required
            spellCheck={false}
            autoComplete="off"
            aria-invalid={nameFault !== null}
            aria-describedby={`${id}-name-help`}
            onInput={event => {
              const typed = event.currentTarget.value.trim();
              setName(typed);
              setNameFault(
                typed ? nameProblem(typed, model.names, trans) : null
              );
            }}
          />
        </Field>
        {provider && (
          <ProviderFields
            key={provider.name}
            provider={provider}
            refused={failure?.cause === 'refused'}
            secretless={place === 'environment'}
            trans={trans}
          />
        )}
        {storage && (
          <StoreChoice
            storage={storage}
            variables={provider ? variablesOf(provider, name) : []}
            trans={trans}
            onChoice={chosen => {
              setPlace(chosen);
              setFailure(null);
            }}
          />
        )}
      </fieldset>
      <div className="billnb-Form-buttons">
        {sending && <div className="billnb-Progress" aria-hidden="true" />}
        <Button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          disabled={sending}
          onClick={close}
        >
          {trans.__('Cancel')}
        </Button>
        <Button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          disabled={sending || !provider}
          aria-busy={sending}
        >
          {sending ? trans.__('Connecting…') : trans.__('Connect')}
        </Button>
      </div>
    </form>
  );
}
