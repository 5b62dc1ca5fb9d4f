/**
 * How do texts read in English? As JupyterLab's own translation bundle leaves them.
 */

import { nullTranslator } from '@jupyterlab/translation';

export const trans = nullTranslator.load('billnb');
