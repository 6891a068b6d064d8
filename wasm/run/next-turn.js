/** Yielding to messages that wait. Browsers throttle timers in hidden tabs, but not a MessageChannel. */

const channel = new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
channel.port1.onmessage = () => waiting.shift()?.();

/** @returns {Promise<void>} after the messages that wait now */
export const nextTurn = () =>
  new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(0);
  });
