import { describe, expect, it } from 'vitest';
import type { Cause } from '../src/failures';
import {
  failureIn,
  failureOf,
  offline,
  RequestError,
  sentence,
  titleOf
} from '../src/failures';
import { trans } from './translation';

describe('what an answer means', () => {
  it('is what the server says, where it says something', () => {
    const body = { cause: 'refused', message: 'No.', hint: 'Another key.' };
    expect(failureOf(422, body, trans)).toEqual(body);
  });

  it('names the host that a key may not go to before it is confirmed', () => {
    const body = {
      cause: 'unconfirmed',
      message: 'Not there.',
      hint: null,
      host: 'api.example.com'
    };
    expect(failureOf(428, body, trans)).toEqual(body);
    expect(titleOf('unconfirmed', trans)).toBe('Host not confirmed');
  });

  it('needs no hint', () => {
    for (const hint of [undefined, null, '']) {
      const body = { cause: 'invalid', message: 'No.', hint };
      expect(failureOf(400, body, trans).hint).toBeNull();
    }
  });

  it('is a missing server extension, when nothing is known of the address', () => {
    for (const body of [null, 'Not Found', { message: 'Not Found' }]) {
      const failure = failureOf(404, body, trans);
      expect(failure.cause).toBe('absent');
      expect(failure.hint).toContain('jupyter server extension enable billnb');
    }
  });

  it('is an account that is gone, when the extension says so', () => {
    const body = { cause: 'not_found', message: 'No such account.', hint: '' };
    expect(failureOf(404, body, trans).cause).toBe('not_found');
  });

  it('is what the server forbids, when it says so', () => {
    const body = { cause: 'forbidden', message: 'Not yours.', hint: null };
    expect(failureOf(403, body, trans)).toEqual(body);
  });

  it('asks to sign in again', () => {
    for (const status of [401, 403]) {
      expect(failureOf(status, null, trans).hint).toContain('sign in');
    }
  });

  it('names a status that nothing else is known of', () => {
    expect(failureOf(502, '<html>', trans).message).toContain('502');
  });

  it('takes no cause that it does not know', () => {
    const body = { cause: 'absent', message: 'Made up.' };
    expect(failureOf(500, body, trans).message).toContain('500');
  });
});

describe('what was thrown', () => {
  it('is what the request says', () => {
    const failure = offline(trans);
    expect(failureIn(new RequestError(failure), trans)).toBe(failure);
  });

  it('is anything else in its own words', () => {
    expect(failureIn(new TypeError('odd'), trans).message).toBe('odd');
    expect(failureIn('odd', trans).message).toBe('odd');
  });
});

describe('a failure', () => {
  const causes: Cause[] = [
    'invalid',
    'taken',
    'not_found',
    'refused',
    'unreachable',
    'storage',
    'configuration',
    'unconfirmed',
    'forbidden',
    'unexpected',
    'absent',
    'offline'
  ];

  it('has a title of its own, by its cause', () => {
    const titles = causes.map(cause => titleOf(cause, trans));
    expect(new Set(titles).size).toBe(causes.length);
  });

  it.each([
    ['the vendor answered 401', 'The vendor answered 401.'],
    ['Over.', 'Over.'],
    ['really?', 'Really?'],
    ['It said “no.”', 'It said “no.”'],
    [' it waits… ', 'It waits…'],
    ['/home/me/secrets', '/home/me/secrets.'],
    ['', '']
  ])('is said in sentences: %s', (text, said) => {
    expect(sentence(text)).toBe(said);
  });
});
