/** The event that storing failed. @param {string} what @param {any} error */
export const notSaved = (what, error) => ({
  event: 'not_saved',
  what,
  name: error?.name ?? '',
  message: String(error?.message ?? error),
});
