/**
 * What is shown where there is no list: that it is on its way, that it is empty, that it failed?
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Button } from '@jupyterlab/ui-components';
import React from 'react';
import type { IFailure } from './failures';
import { billingIcon } from './icons';

/** Where the list will be, while it is on its way. */
export function Skeleton(props: { trans: TranslationBundle }): JSX.Element {
  return (
    <div className="billnb-Skeleton" aria-busy="true">
      <span className="billnb-unseen">
        {props.trans.__('Loading accounts…')}
      </span>
      {[0, 1, 2].map(row => (
        <div key={row} className="billnb-Skeleton-row" aria-hidden="true">
          <div />
          <div />
        </div>
      ))}
    </div>
  );
}

/** What to do when there is no account. */
export function Empty(props: {
  trans: TranslationBundle;
  onConnect: () => void;
  onDemo: () => void;
}): JSX.Element {
  const { trans } = props;
  return (
    <div className="billnb-Empty">
      <billingIcon.react tag="div" className="billnb-Empty-icon" />
      <h3>{trans.__('No account yet')}</h3>
      <p>
        {trans.__(
          'Connect a vendor once, and open its dashboard from here. Its key never enters a notebook.'
        )}
      </p>
      <Button className="jp-mod-styled jp-mod-accept" onClick={props.onConnect}>
        {trans.__('Connect an account')}
      </Button>
      <Button className="jp-mod-styled" onClick={props.onDemo}>
        {trans.__('Try the demo')}
      </Button>
    </div>
  );
}

/** What went wrong, and what can be done. */
export function Failure(props: {
  failure: IFailure;
  trans: TranslationBundle;
  onRetry: () => void;
  onDemo?: () => void;
}): JSX.Element {
  const { failure, trans } = props;
  return (
    <div className="billnb-Failure" role="alert">
      <p className="billnb-Failure-message">{failure.message}</p>
      {failure.hint && <p>{failure.hint}</p>}
      <div className="billnb-Failure-actions">
        <Button small className="jp-mod-styled" onClick={props.onRetry}>
          {trans.__('Refresh')}
        </Button>
        {props.onDemo && (
          <Button small className="jp-mod-styled" onClick={props.onDemo}>
            {trans.__('Try the demo')}
          </Button>
        )}
      </div>
    </div>
  );
}
