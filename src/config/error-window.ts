/** Of how many settled records `max_errors` in per cent is a share. */
export const ERROR_WINDOW_RECORDS = 1_000;
