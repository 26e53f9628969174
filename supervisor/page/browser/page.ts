import { showLivePage } from './live-page.js';
import { showReport } from './report-page.js';

/** The script of both pages: the live one, and a run's report, which has its samples in it. */
if (document.body.dataset['page'] === 'report') showReport();
else void showLivePage();
