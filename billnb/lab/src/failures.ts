/**
 * The failures of requests: what happened, and what to do next.
 */

import type { TranslationBundle } from '@jupyterlab/translation';

export type Cause =
  | 'invalid'
  | 'taken'
  | 'not_found'
  | 'refused'
  | 'unreachable'
  | 'storage'
  | 'configuration'
  | 'unconfirmed'
  | 'forbidden'
  | 'unexpected'
  | 'absent'
  | 'offline';

/** What happened, and what to do next where the message does not say it. */
export interface IFailure {
  cause: Cause;
  message: string;
  hint: string | null;
  /** The host to be confirmed, where the cause is 'unconfirmed'. */
  host?: string;
}

const CAUSES: readonly string[] = [
  'invalid',
  'taken',
  'not_found',
  'refused',
  'unreachable',
  'storage',
  'configuration',
  'unconfirmed',
  'forbidden',
  'unexpected'
];

/** Say in two or three words what the cause of a failure is. */
export function titleOf(cause: Cause, trans: TranslationBundle): string {
  switch (cause) {
    case 'invalid':
      return trans.__('Not possible');
    case 'taken':
      return trans.__('Name taken');
    case 'not_found':
      return trans.__('No such account');
    case 'refused':
      return trans.__('Key refused');
    case 'unreachable':
      return trans.__('Vendor not reachable');
    case 'storage':
      return trans.__('Key store not usable');
    case 'configuration':
      return trans.__('File of accounts needs a correction');
    case 'unconfirmed':
      return trans.__('Host not confirmed');
    case 'forbidden':
      return trans.__('Not allowed');
    case 'absent':
      return trans.__('Server extension missing');
    case 'offline':
      return trans.__('Jupyter server not reachable');
    default:
      return trans.__('Something went wrong');
  }
}

/** Write a text as a sentence: a capital first, a full stop last. */
export function sentence(text: string): string {
  const said = text.trim();
  const ended = /[.!?…][)\]"'”’»]*$/u.test(said) ? said : `${said}.`;
  return said && ended[0].toUpperCase() + ended.slice(1);
}

/** A request that did not do what was asked. */
export class RequestError extends Error {
  constructor(readonly failure: IFailure) {
    super(failure.message);
  }
}

/** Say what an answer that is no success means. */
export function failureOf(
  status: number,
  body: unknown,
  trans: TranslationBundle
): IFailure {
  if (isFailure(body)) {
    const { cause, message, hint, host } = body;
    return { cause, message, hint: hint || null, ...(host && { host }) };
  }
  if (status === 404) {
    return {
      cause: 'absent',
      message: trans.__('The server extension of billnb is not running.'),
      hint: trans.__(
        'In a terminal, run “jupyter server extension enable billnb”, then start the server again.'
      )
    };
  }
  if (status === 401 || status === 403) {
    return {
      cause: 'unexpected',
      message: trans.__('The server no longer accepts this page.'),
      hint: trans.__('Reload the page and sign in again.')
    };
  }
  return {
    cause: 'unexpected',
    message: trans.__('The server answered with status %1.', status),
    hint: trans.__('Its log says more.')
  };
}

/** Say what a request without an answer means. */
export function offline(trans: TranslationBundle): IFailure {
  return {
    cause: 'offline',
    message: trans.__('The Jupyter server does not answer.'),
    hint: trans.__('Check that the server is running, then refresh.')
  };
}

/** Say what was thrown: what a request says, or whatever else it was. */
export function failureIn(reason: unknown, trans: TranslationBundle): IFailure {
  if (reason instanceof RequestError) {
    return reason.failure;
  }
  return {
    cause: 'unexpected',
    message: reason instanceof Error ? reason.message : String(reason),
    hint: trans.__('Refresh, and try again.')
  };
}

interface IAnswer {
  cause: Cause;
  message: string;
  hint?: string | null;
  host?: string | null;
}

function isFailure(body: unknown): body is IAnswer {
  if (typeof body !== 'object' || body === null) {
    return false;
  }
  const { cause, message } = body as Record<string, unknown>;
  return (
    typeof message === 'string' &&
    typeof cause === 'string' &&
    CAUSES.includes(cause)
  );
}
