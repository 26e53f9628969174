/** Of a test that looks at processes as the system shows them. */
export const needsProc = process.platform === 'linux' ? {} : { skip: 'reads /proc, which only Linux has' };
