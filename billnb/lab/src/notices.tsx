/**
 * What is shown in the place of the list: that it is loading, is empty, or failed.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Button, closeIcon } from '@jupyterlab/ui-components';
import React from 'react';
import type { IFailure } from './failures';
import { sentence, titleOf } from './failures';
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
  onDismiss?: () => void;
  /** Buttons. */
  children?: React.ReactNode;
}): JSX.Element {
  const { failure, trans, onDismiss, children } = props;
  return (
    <div className="billnb-Failure" role="alert" tabIndex={-1}>
      <p className="billnb-Failure-title">{titleOf(failure.cause, trans)}</p>
      <p>{sentence(failure.message)}</p>
      {failure.hint && <p>{sentence(failure.hint)}</p>}
      {children && <div className="billnb-Failure-actions">{children}</div>}
      {onDismiss && (
        <Button
          type="button"
          minimal
          small
          className="billnb-Failure-dismiss"
          title={trans.__('Dismiss')}
          aria-label={trans.__('Dismiss')}
          onClick={onDismiss}
        >
          <closeIcon.react tag={null} />
        </Button>
      )}
    </div>
  );
}
