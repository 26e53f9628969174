import { TreeView } from '../../supervisor/view/tree-view.js';

// Run by a test: a program that dies of an error while its tree is on the screen.
const view = new TreeView({ stream: process.stdout, style: { unicode: true, color: false } });
view.begun({ vaults: ['NAME'] });
setImmediate(() => {
  throw new Error('thrown while the tree is shown');
});
