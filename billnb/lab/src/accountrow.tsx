/**
 * One account in the list.
 */

import { Time } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Button } from '@jupyterlab/ui-components';
import React from 'react';
import { Actions } from './actions';
import type { IAccount } from './answers';
import { CommandIDs } from './commands';
import {
  adviceOf,
  detailsOf,
  stateText,
  syncText,
  toneOf,
  whyNotRemovable
} from './wording';

export interface IRowProps {
  account: IAccount;
  index: number;
  /** Whether Tab leads to it. */
  active: boolean;
  /** Whether the focus is in it, so that Tab leads on to what is in it. */
  focused: boolean;
  chosen: boolean;
  busy: boolean;
  /** Changes each minute, as what is said of times does. */
  minute: number;
  trans: TranslationBundle;
  onCurrent: (name: string) => void;
  onToggle: (name: string) => void;
  onOpen: (names: readonly string[]) => void;
  onAction: (command: string, names: readonly string[]) => void;
}

function Row(props: IRowProps): JSX.Element {
  const { account, active, focused, chosen, busy, trans } = props;
  const { name } = account;
  const advice = busy ? [] : adviceOf(account, trans);
  const state = busy ? trans.__('Working…') : stateText(account.state, trans);
  const synced = syncText(account, trans, Time.formatHuman);
  const inner = focused ? 0 : -1;
  return (
    <div
      role="row"
      className={`billnb-Account${chosen ? ' jp-mod-selected' : ''}`}
      data-account={name}
      aria-rowindex={props.index + 1}
      aria-selected={chosen}
      aria-busy={busy}
      tabIndex={active ? 0 : -1}
      onFocus={() => props.onCurrent(name)}
      onClick={event => {
        if (event.ctrlKey || event.metaKey) {
          props.onToggle(name);
        }
      }}
    >
      <div role="gridcell" className="billnb-Account-choice">
        <input
          type="checkbox"
          checked={chosen}
          tabIndex={inner}
          aria-label={trans.__('Choose %1', name)}
          onChange={() => props.onToggle(name)}
        />
      </div>
      <div role="gridcell" className="billnb-Account-text">
        <span
          className="billnb-Account-name"
          title={trans.__('Open %1', name)}
          onClick={event => {
            if (!event.ctrlKey && !event.metaKey) {
              props.onOpen([name]);
            }
          }}
        >
          {name}
        </span>
        <div
          className="billnb-Account-state"
          title={detailsOf(account, trans, Time.format)}
        >
          <span
            className="billnb-State"
            data-tone={busy ? 'busy' : toneOf(account.state)}
            aria-hidden="true"
          />
          <span
            className={!busy && account.state === 'ok' ? 'billnb-unseen' : ''}
          >
            {state}
            {' · '}
          </span>
          {[account.label, synced].filter(Boolean).join(' · ')}
        </div>
        {advice.map(line => (
          <div key={line} className="billnb-Account-advice" title={line}>
            {line}
          </div>
        ))}
        {!busy && account.state === 'unconfirmed' && (
          <Button
            type="button"
            small
            className="billnb-Account-confirm jp-mod-styled"
            tabIndex={inner}
            aria-label={trans.__('Confirm the host of %1', name)}
            onClick={event => {
              event.stopPropagation();
              props.onAction(CommandIDs.confirmHost, [name]);
            }}
          >
            {trans.__('Confirm host…')}
          </Button>
        )}
      </div>
      <div role="gridcell" className="billnb-Account-actions">
        <Actions
          about={name}
          removable={account.removable}
          reason={whyNotRemovable([account], trans)}
          tabIndex={inner}
          trans={trans}
          onAction={command => props.onAction(command, [name])}
        />
      </div>
    </div>
  );
}

export const AccountRow = React.memo(Row);
