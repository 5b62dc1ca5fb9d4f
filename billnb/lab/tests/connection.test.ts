import { describe, expect, it } from 'vitest';
import type { IField, IProvider } from '../src/answers';
import { connectionOf, inputName } from '../src/connection';

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

  it('tells the fields of a provider from the form’s own', () => {
    expect(inputName(field('name'))).not.toBe('name');
  });
});
