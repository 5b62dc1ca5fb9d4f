/**
 * The list of accounts, and what can be done with one or several of them.
 *
 * A grid of one tab stop: arrows move, Space chooses, Enter opens, Delete removes.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Button, FilterBox } from '@jupyterlab/ui-components';
import React, {
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState
} from 'react';
import { AccountRow } from './accountrow';
import { Actions } from './actions';
import { CommandIDs } from './commands';
import { moved } from './moving';
import type { BillingModel } from './model';
import { whyNotRemovable } from './wording';

/** With more accounts than these, they can be filtered. */
const MANY = 10;

const MINUTE = 60_000;

export interface IListProps {
  model: BillingModel;
  trans: TranslationBundle;
  onOpen: (names: readonly string[]) => void;
  onAction: (command: string, names: readonly string[]) => void;
}

export function AccountList(props: IListProps): JSX.Element {
  const { model, trans, onOpen, onAction } = props;
  const accounts = model.accounts ?? [];
  const [current, setCurrent] = useState<string | null>(model.latest);
  const [focused, setFocused] = useState(false);
  const grid = useRef<HTMLDivElement>(null);
  const minute = useMinute();

  const { shown } = model;
  const names = shown.map(account => account.name);
  const active =
    current !== null && names.includes(current) ? current : names[0];
  useFocusThatStays(grid, active);

  const { chosen } = model;
  const toggle = useCallback((name: string) => model.toggle(name), [model]);

  const onKeyDown = (event: React.KeyboardEvent<HTMLElement>): void => {
    if (active === undefined || event.altKey) {
      return;
    }
    const onRow = (event.target as HTMLElement).getAttribute('role') === 'row';
    const targets = model.isChosen(active) ? chosen : [active];
    const next = moved(event.key, names, active);
    if (next !== null) {
      setCurrent(next);
      rowOf(grid.current, next)?.focus();
      if (event.shiftKey) {
        model.choose([...chosen, active, next]);
      }
    } else if (event.key === 'Delete') {
      onAction(CommandIDs.remove, targets);
    } else if (event.key === 'Escape' && chosen.length > 0) {
      model.choose([]);
    } else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      model.choose(names);
    } else if (onRow && event.key === 'Enter') {
      onOpen(targets);
    } else if (onRow && event.key === ' ') {
      model.toggle(active);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <>
      {accounts.length > MANY && <Filter model={model} trans={trans} />}
      <Summary {...props} />
      {model.progress && (
        <Progress model={model} trans={trans} progress={model.progress} />
      )}
      <div
        ref={grid}
        role="grid"
        className="billnb-List"
        aria-label={trans.__('Accounts')}
        aria-multiselectable="true"
        aria-rowcount={shown.length}
        onKeyDown={onKeyDown}
        onFocus={() => setFocused(true)}
        onBlur={event =>
          setFocused(event.currentTarget.contains(event.relatedTarget))
        }
      >
        {shown.map((account, index) => (
          <AccountRow
            key={account.name}
            account={account}
            index={index}
            active={account.name === active}
            focused={focused && account.name === active}
            chosen={model.isChosen(account.name)}
            busy={model.isBusy(account.name)}
            minute={minute}
            trans={trans}
            onCurrent={setCurrent}
            onToggle={toggle}
            onOpen={onOpen}
            onAction={onAction}
          />
        ))}
      </div>
      {shown.length === 0 && (
        <p className="billnb-None">{trans.__('No account has this name.')}</p>
      )}
    </>
  );
}

/** The filter of accounts; all are shown again when it is removed. */
function Filter(props: {
  model: BillingModel;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, trans } = props;
  useEffect(() => () => model.filter(null), [model]);
  return (
    <div className="billnb-Filter">
      <FilterBox
        placeholder={trans.__('Filter accounts')}
        useFuzzyFilter={false}
        updateFilter={(found, query) => model.filter(query ? found : null)}
      />
    </div>
  );
}

/** How many there are and are chosen, and what can be done with them. */
function Summary(props: IListProps): JSX.Element {
  const { model, trans, onAction } = props;
  const { chosen, shown, filtered } = model;
  const names = shown.map(account => account.name);
  const some = chosen.length > 0;
  const all = shown.length > 0 && shown.every(one => model.isChosen(one.name));
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current) {
      box.current.indeterminate = some && !all;
    }
  });
  const total = model.names.length;
  const ofAll = trans.__('%1 of %2 shown', shown.length, total);
  const fixed = shown.filter(
    account => !account.removable && model.isChosen(account.name)
  );
  let about = trans.__('all accounts');
  let count = trans._n('%1 account', '%1 accounts', total);
  if (some) {
    about = trans.__('chosen accounts');
    count = trans.__('%1 of %2 chosen', chosen.length, shown.length);
  } else if (filtered) {
    about = trans.__('shown accounts');
    count = ofAll;
  }
  return (
    <div className="billnb-Summary">
      <label title={filtered ? ofAll : undefined}>
        <input
          ref={box}
          type="checkbox"
          checked={all}
          onChange={() => model.choose(some ? [] : names)}
          title={some ? trans.__('Choose none') : trans.__('Choose all')}
        />
        {count}
      </label>
      {shown.length > 0 && (
        <Actions
          about={about}
          removable={fixed.length < chosen.length}
          reason={some ? whyNotRemovable(fixed, trans) : undefined}
          trans={trans}
          onAction={command =>
            onAction(command, filtered && !some ? names : chosen)
          }
        />
      )}
    </div>
  );
}

/** The progress with several accounts, and a button to stop it. */
function Progress(props: {
  model: BillingModel;
  trans: TranslationBundle;
  progress: { done: number; total: number; stopped: boolean };
}): JSX.Element {
  const { model, trans, progress } = props;
  const { done, total, stopped } = progress;
  const line = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = line.current;
    return () => {
      if (element?.contains(document.activeElement)) {
        element.parentElement
          ?.querySelector<HTMLElement>('[role=row][tabindex="0"]')
          ?.focus();
      }
    };
  }, []);
  return (
    <div ref={line} className="billnb-Round">
      <progress
        max={total}
        value={done}
        aria-label={trans.__('Accounts that are done')}
      />
      <span>{trans.__('%1 of %2 done', done, total)}</span>
      <Button
        type="button"
        small
        className="jp-mod-styled"
        aria-disabled={stopped}
        onClick={() => model.stop()}
      >
        {stopped ? trans.__('Stopping…') : trans.__('Stop')}
      </Button>
    </div>
  );
}

/** Keep the focus in the list when the row that had it is gone. */
function useFocusThatStays(
  grid: React.RefObject<HTMLElement>,
  active: string | undefined
): void {
  const inside = useRef(false);
  useEffect(() => {
    const element = grid.current;
    const note = () => {
      inside.current = element?.contains(document.activeElement) ?? false;
    };
    document.addEventListener('focusin', note);
    return () => document.removeEventListener('focusin', note);
  }, [grid]);
  useEffect(() => {
    if (inside.current && document.activeElement === document.body && active) {
      rowOf(grid.current, active)?.focus();
    }
  }, [grid, active]);
}

/** Count minutes, so that times such as "5 minutes ago" are updated. */
function useMinute(): number {
  const [minute, setMinute] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setMinute(number => number + 1), MINUTE);
    return () => clearInterval(timer);
  }, []);
  return minute;
}

function rowOf(grid: HTMLElement | null, name: string): HTMLElement | null {
  return grid?.querySelector(`[data-account="${CSS.escape(name)}"]`) ?? null;
}
