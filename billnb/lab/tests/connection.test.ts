import { describe, expect, it } from 'vitest';
import type { IField, IProvider } from '../src/answers';
import { connectionOf, inputName, variablesOf } from '../src/connection';

function field(name: string, more: Partial<IField> = {}): IField {
  return {
    name,
    label: name,
    secret: false,
    required: false,
    placeholder: null,
    variable: name.toUpperCase(),
    ...more
  };
}

const PROVIDER: IProvider = {
  name: 'unpod',
  label: 'Unpod',
  documentation: null,
  fields: [
    field('token', { secret: true }),
    field('name'), // as the form's own
    field('base_url')
  ]
};

describe('what is sent', () => {
  const form = new Map([
    ['name', ' voice '],
    ['store', 'file'],
    ['field:token', ' a key\n'],
    ['field:name', 'acme'],
    ['field:base_url', ''],
    ['field:other', 'left over']
  ]);

  it('holds what was filled in, trimmed, each in its place', () => {
    expect(connectionOf(form, PROVIDER, true)).toEqual({
      name: 'voice',
      provider: 'unpod',
      options: { name: 'acme' },
      secrets: { token: 'a key' },
      store: 'file',
      verify: true
    });
  });

  it('names no store that was not chosen', () => {
    const bare = new Map([...form].filter(([key]) => key !== 'store'));
    expect(connectionOf(bare, PROVIDER, true).store).toBe('');
  });

  it('holds no secret where the environment holds it, nor a store', () => {
    const elsewhere = new Map([...form, ['store', 'environment']]);
    const sent = connectionOf(elsewhere, PROVIDER, true);
    expect(sent.secrets).toEqual({});
    expect(sent).not.toHaveProperty('store');
    expect(sent.options).toEqual({ name: 'acme' });
  });

  it('tells the fields of a provider from the form’s own', () => {
    expect(inputName(field('name'))).not.toBe('name');
  });
});

describe('the variables of an account', () => {
  const provider: IProvider = {
    ...PROVIDER,
    name: 'my-vendor',
    fields: [
      field('key', { secret: true, variable: 'MY_VENDOR_API_KEY' }),
      field('pin', { secret: true, variable: 'OTHER_PIN' }),
      field('base_url', { variable: 'MY_VENDOR_BASE_URL' })
    ]
  };

  it('are those of its secrets, under its name', () => {
    expect(variablesOf(provider, 'eu-west_1')).toEqual([
      'BILLNB_EU_WEST_1_API_KEY',
      'BILLNB_EU_WEST_1_OTHER_PIN'
    ]);
  });

  it('leave room for a name that is still to be typed', () => {
    expect(variablesOf(provider, '')[0]).toBe('BILLNB_…_API_KEY');
  });
});
