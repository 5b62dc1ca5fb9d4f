/**
 * The icons: a receipt for billing, bars for a dashboard, and a notebook in one colour, for buttons.
 */

import { LabIcon } from '@jupyterlab/ui-components';
import analysis from '../style/icons/analysis.svg';
import billing from '../style/icons/billing.svg';
import dashboard from '../style/icons/dashboard.svg';

export const billingIcon = new LabIcon({
  name: 'billnb:billing',
  svgstr: billing
});

export const dashboardIcon = new LabIcon({
  name: 'billnb:dashboard',
  svgstr: dashboard
});

export const analysisIcon = new LabIcon({
  name: 'billnb:analysis',
  svgstr: analysis
});
