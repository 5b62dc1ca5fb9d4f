/**
 * The choice of the store that keeps the key.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useId } from 'react';
import type { IStorage, Place } from './answers';

/** The keyring, where there is one; a file or the environment for those who choose it. */
export function StoreChoice(props: {
  storage: IStorage;
  /** The variables that would hold the key. */
  variables: readonly string[];
  trans: TranslationBundle;
  onChoice: (place: Place) => void;
}): JSX.Element {
  const { storage, variables, trans, onChoice } = props;
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
        onChoice={onChoice}
      />
      <Choice
        value="file"
        label={trans.__('In a file')}
        help={trans.__(
          '%1, which only you can read; not encrypted.',
          storage.file
        )}
        onChoice={onChoice}
      />
      {variables.length > 0 && (
        <Choice
          value="environment"
          label={trans.__('In the environment')}
          help={trans.__(
            'Set %1 where Jupyter starts; nothing is stored.',
            variables.join(', ')
          )}
          onChoice={onChoice}
        />
      )}
    </div>
  );
}

function Choice(props: {
  value: Place;
  label: string;
  help: string;
  disabled?: boolean;
  first?: boolean;
  onChoice: (place: Place) => void;
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
        onChange={() => props.onChoice(props.value)}
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
