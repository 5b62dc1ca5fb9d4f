/**
 * Where is the key to be kept?
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useId } from 'react';
import type { IStorage, Store } from './answers';

/** The keyring, where there is one; a file for those who choose it. */
export function StoreChoice(props: {
  storage: IStorage;
  trans: TranslationBundle;
}): JSX.Element {
  const { storage, trans } = props;
  const id = useId();
  return (
    <div className="billnb-Field" role="radiogroup" aria-labelledby={id}>
      <div id={id} className="billnb-Field-label">
        {trans.__('Where the key is kept')}
      </div>
      <Choice
        value="keyring"
        label={trans.__('In the system keyring')}
        help={(storage.keyring ? storage.backend : storage.message) ?? ''}
        disabled={!storage.keyring}
        first={storage.keyring}
      />
      <Choice
        value="file"
        label={trans.__('In a file')}
        help={trans.__(
          '%1, which only you can read; not encrypted.',
          storage.file
        )}
      />
    </div>
  );
}

function Choice(props: {
  value: Store;
  label: string;
  help: string;
  disabled?: boolean;
  first?: boolean;
}): JSX.Element {
  const id = useId();
  return (
    <div className="billnb-Store">
      <input
        id={id}
        type="radio"
        name="store"
        value={props.value}
        required
        disabled={props.disabled}
        defaultChecked={props.first}
        aria-describedby={`${id}-help`}
      />
      <div>
        <label htmlFor={id}>{props.label}</label>
        <div id={`${id}-help`} className="billnb-Field-help">
          {props.help}
        </div>
      </div>
    </div>
  );
}
