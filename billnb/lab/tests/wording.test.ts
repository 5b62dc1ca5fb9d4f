import { describe, expect, it } from 'vitest';
import type { IAccount, State } from '../src/answers';
import {
  adviceOf,
  detailsOf,
  stateText,
  syncText,
  toneOf,
  whyNotRemovable
} from '../src/wording';
import { trans } from './translation';

const STATES: State[] = [
  'ok',
  'refused',
  'unreachable',
  'untried',
  'incomplete',
  'unconfirmed',
  'locked',
  'unknown'
];

function account(state: State, more: Partial<IAccount> = {}): IAccount {
  return {
    name: 'voice',
    provider: 'unpod',
    label: 'Unpod',
    known: true,
    state,
    message: null,
    tested_at: null,
    last_sync: null,
    kept: null,
    options: {},
    removable: true,
    variables: { token: 'BILLNB_VOICE_TOKEN' },
    ...more
  };
}

describe('a state', () => {
  it('is said in words of its own', () => {
    const said = STATES.map(state => stateText(state, trans));
    expect(new Set(said).size).toBe(STATES.length);
  });

  it('that is not known of is no alarm', () => {
    expect(toneOf('new' as State)).toBe('neutral');
    expect(stateText('new' as State, trans)).toBe('Never tried');
  });

  it('that is no trouble needs no advice', () => {
    const said = { message: 'Over.' };
    expect(adviceOf(account('ok', said), trans)).toEqual([]);
    expect(adviceOf(account('untried', said), trans)).toEqual([]);
  });

  it.each([
    'refused',
    'unreachable',
    'incomplete',
    'unconfirmed',
    'locked',
    'unknown'
  ] as const)('that is %s comes with what to do', state => {
    const advice = adviceOf(account(state), trans);
    const said = adviceOf(account(state, { message: 'it broke' }), trans);
    expect(advice).toHaveLength(1);
    expect(said[0]).toBe('It broke.');
  });

  it('is advised on once, where the server does so', () => {
    const message = 'The provider is gone; install its package.';
    const states = ['unknown', 'incomplete', 'unconfirmed', 'locked'] as const;
    for (const state of states) {
      expect(adviceOf(account(state, { message }), trans)).toEqual([message]);
    }
  });

  it('that is locked is looked for where the key is', () => {
    const [keyring] = adviceOf(account('locked', { kept: 'keyring' }), trans);
    const [file] = adviceOf(account('locked', { kept: 'file' }), trans);
    expect(keyring).toBe('Unlock the keyring, and test again.');
    expect(file).not.toContain('keyring');
    expect(toneOf('locked')).toBe(toneOf('refused'));
  });

  it('names the variables that would hold a key', () => {
    const [advice] = adviceOf(account('incomplete'), trans);
    expect(advice).toContain('BILLNB_VOICE_TOKEN');
  });
});

describe('an account of the environment', () => {
  it('is removed there, which is said', () => {
    const voice = account('ok');
    expect(whyNotRemovable([voice], trans)).toContain('BILLNB_VOICE_TOKEN');
    const other = account('ok', { name: 'other' });
    expect(whyNotRemovable([voice, other], trans)).toContain('voice, other');
  });
});

describe('times', () => {
  const loaded = account('ok', {
    last_sync: '2026-11-22T10:00:00Z',
    tested_at: '2026-11-22T11:00:00Z',
    kept: 'keyring'
  });

  it('are said as they are since', () => {
    expect(syncText(loaded, trans, () => '2 hours ago')).toBe(
      'loaded 2 hours ago'
    );
    expect(syncText(account('ok'), trans, () => 'x')).toBe('never loaded');
    expect(syncText(account('refused'), trans, () => 'x')).toBe('');
  });

  it('are exact where more is asked', () => {
    const details = detailsOf(loaded, trans, time => time);
    expect(details).toContain('Loaded: 2026-11-22T10:00:00Z');
    expect(details).toContain('Tested: 2026-11-22T11:00:00Z');
    expect(details).toContain('keyring');
  });
});
