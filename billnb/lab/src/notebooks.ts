/**
 * The cells of the notebooks that are opened; of accounts, they hold only the names.
 */

import type { TranslationBundle } from '@jupyterlab/translation';

/** What a notebook is about: accounts by name (none means all), or the made-up ones. */
export type Source = { accounts: readonly string[] } | 'demo';

export interface ICell {
  cell_type: 'markdown' | 'code';
  source: string;
}

/** A kernel, as a notebook's metadata name it. */
export interface IKernel {
  name: string;
  display_name: string;
  language: string;
}

/** The dashboard on accounts. */
export function dashboard(
  source: Source,
  since: string | null,
  trans: TranslationBundle,
  note = ''
): ICell[] {
  return [
    markdown(`# ${title(source, trans)}`, note),
    code('import billnb', '', `history = ${loading(source, since)}`),
    code('billnb.explore(history)')
  ];
}

/** The first questions of an analysis, to go on from. */
export function analysis(
  source: Source,
  since: string | null,
  trans: TranslationBundle
): ICell[] {
  return [
    markdown(
      `# ${title(source, trans)}`,
      trans.__(
        '`history` is a pandas DataFrame: one row an entry, every digit exact.'
      )
    ),
    code(
      'import billnb',
      '',
      `history = ${loading(source, since)}`,
      'history.tail()'
    ),
    markdown(
      `## ${trans.__('What the charges are made of')}`,
      trans.__(
        'Usage, standing charges, discounts, tax and rounding, by month and currency; together they are the invoices’ totals.'
      )
    ),
    code('billnb.analysis.charges(history)'),
    code('billnb.charts.charge_breakdown(history)'),
    markdown(
      `## ${trans.__('What is spent')}`,
      trans.__(
        'The current month is compared with as many days of the month before. Cancelled and refunded invoices are left out.'
      )
    ),
    code('billnb.analysis.spend(history)'),
    code('billnb.charts.spend_trend(history)'),
    markdown(
      `## ${trans.__('What is unpaid')}`,
      trans.__('Unpaid invoices, by age.')
    ),
    code('billnb.analysis.ageing(history)'),
    code('billnb.charts.ageing(history)')
  ];
}

/** What billnb does, on made-up accounts. */
export function tour(trans: TranslationBundle): ICell[] {
  const [, load, ...questions] = analysis('demo', null, trans);
  return [
    markdown(
      `# ${trans.__('A tour of billnb')}`,
      trans.__(
        'Two made-up accounts, loaded like real ones: no key, no network. Run the cells one after the other.'
      )
    ),
    load,
    markdown(
      `## ${trans.__('The dashboard')}`,
      trans.__('A click on a month, a status or a component narrows the rest.')
    ),
    code('billnb.explore(history)'),
    ...questions,
    markdown(
      `## ${trans.__('To share it')}`,
      trans.__(
        'One file that opens anywhere, with names, cards and links left out.'
      )
    ),
    code('billnb.report(history, "billing-report.html")'),
    markdown(
      `## ${trans.__('With accounts of your own')}`,
      trans.__(
        'Connect them in the sidebar “Billing”; then `billnb.load("name")` reads one, and `billnb.load()` all of them. `help(billnb.load)` says the rest.'
      )
    )
  ];
}

/** A whole notebook, as the contents service keeps it. */
export function notebook(cells: ICell[], kernel: IKernel | null): object {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: kernel ? { kernelspec: kernel } : {},
    cells: cells.map((cell, index) => ({
      id: `billing-${index + 1}`,
      metadata: {},
      ...cell,
      ...(cell.cell_type === 'code' && { execution_count: null, outputs: [] })
    }))
  };
}

/** Write text as a Python string. */
export function quoted(text: string): string {
  return JSON.stringify(text); // whose escapes are Python's as well
}

function loading(source: Source, since: string | null): string {
  const words = source === 'demo' ? [] : source.accounts.map(quoted);
  if (since !== null) {
    words.push(`since=${quoted(since)}`);
  }
  const call = source === 'demo' ? 'billnb.demo' : 'billnb.load';
  const line = `${call}(${words.join(', ')})`;
  return line.length <= 88
    ? line
    : `${call}(\n${words.map(word => `    ${word},\n`).join('')})`;
}

function title(source: Source, trans: TranslationBundle): string {
  if (source === 'demo') {
    return trans.__('Billing: two made-up accounts');
  }
  const { accounts } = source;
  if (accounts.length === 0) {
    return trans.__('Billing: all accounts');
  }
  return accounts.length <= 5
    ? trans.__('Billing: %1', accounts.map(escaped).join(', '))
    : trans.__('Billing: %1 accounts', accounts.length);
}

/** Keep Markdown and HTML from reading a name as more than text. */
function escaped(name: string): string {
  return name.replace(/[\\`*_{}[\]()#+!|~<>&$]/g, '\\$&');
}

function markdown(...paragraphs: string[]): ICell {
  return {
    cell_type: 'markdown',
    source: paragraphs.filter(Boolean).join('\n\n')
  };
}

function code(...lines: string[]): ICell {
  return { cell_type: 'code', source: lines.join('\n') };
}
