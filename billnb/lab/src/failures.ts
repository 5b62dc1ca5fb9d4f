/**
 * What went wrong with a request, and what can be done about it?
 */

import type { TranslationBundle } from '@jupyterlab/translation';

export type Kind =
  | 'invalid'
  | 'taken'
  | 'not_found'
  | 'refused'
  | 'unreachable'
  | 'storage'
  | 'configuration'
  | 'unexpected'
  | 'absent'
  | 'offline';

/** What happened, and what to do next. */
export interface IFailure {
  kind: Kind;
  message: string;
  hint: string;
}

const KINDS: readonly string[] = [
  'invalid',
  'taken',
  'not_found',
  'refused',
  'unreachable',
  'storage',
  'configuration',
  'unexpected'
];

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
    return { kind: body.kind, message: body.message, hint: body.hint ?? '' };
  }
  if (status === 404) {
    return {
      kind: 'absent',
      message: trans.__('The server extension of billnb is not running.'),
      hint: trans.__(
        'In a terminal, run “jupyter server extension enable billnb”, then start the server again.'
      )
    };
  }
  if (status === 401 || status === 403) {
    return {
      kind: 'unexpected',
      message: trans.__('The server no longer lets this page in.'),
      hint: trans.__('Reload the page and sign in again.')
    };
  }
  return {
    kind: 'unexpected',
    message: trans.__('The server answered with status %1.', status),
    hint: trans.__('Its log says more.')
  };
}

/** Say what a request without an answer means. */
export function offline(trans: TranslationBundle): IFailure {
  return {
    kind: 'offline',
    message: trans.__('The Jupyter server does not answer.'),
    hint: trans.__('See that it is still running, then refresh.')
  };
}

/** Say what was thrown: what a request says, or whatever else it was. */
export function failureIn(reason: unknown, trans: TranslationBundle): IFailure {
  if (reason instanceof RequestError) {
    return reason.failure;
  }
  return {
    kind: 'unexpected',
    message: reason instanceof Error ? reason.message : String(reason),
    hint: trans.__('Refresh, and try again.')
  };
}

interface IAnswer {
  kind: Kind;
  message: string;
  hint?: string | null;
}

function isFailure(body: unknown): body is IAnswer {
  if (typeof body !== 'object' || body === null) {
    return false;
  }
  const { kind, message } = body as Record<string, unknown>;
  return (
    typeof message === 'string' &&
    typeof kind === 'string' &&
    KINDS.includes(kind)
  );
}
