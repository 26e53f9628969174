import { runScript } from '../command-line/script.js';
import { headlineScript } from './headline-script.js';
import { measureHeadline } from './measure-headline.js';

await runScript(headlineScript, measureHeadline);
