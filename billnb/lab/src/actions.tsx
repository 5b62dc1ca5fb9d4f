/**
 * The buttons beside an account, or beside all that are chosen.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import { Button, checkIcon, deleteIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { CommandIDs } from './commands';
import { analysisIcon, dashboardIcon } from './icons';

export interface IActionsProps {
  /** The accounts of the buttons, for screen readers. */
  about: string;
  removable: boolean;
  /** Why not, where it is not. */
  reason?: string;
  tabIndex?: number;
  trans: TranslationBundle;
  onAction: (command: string) => void;
}

export function Actions(props: IActionsProps): JSX.Element {
  const { about, removable, reason, tabIndex, trans, onAction } = props;
  const actions: [string, LabIcon, string][] = [
    [CommandIDs.openDashboard, dashboardIcon, trans.__('Open dashboard')],
    [CommandIDs.newAnalysis, analysisIcon, trans.__('New analysis notebook')],
    [CommandIDs.test, checkIcon, trans.__('Test connection')],
    [CommandIDs.remove, deleteIcon, trans.__('Remove')]
  ];
  return (
    <div className="billnb-Actions">
      {actions.map(([command, icon, label]) => {
        const off = command === CommandIDs.remove && !removable;
        return (
          <Button
            key={command}
            type="button"
            minimal
            small
            tabIndex={tabIndex}
            disabled={off}
            title={off && reason ? reason : label}
            aria-label={trans.__('%1: %2', label, about)}
            onClick={event => {
              event.stopPropagation();
              onAction(command);
            }}
          >
            <icon.react tag={null} />
          </Button>
        );
      })}
    </div>
  );
}
