// Follows the work on a screening, which the server tells about as it comes further.

const PATIENCE = 60_000; // milliseconds without the server, before giving up
const PAUSE = 2_000; // milliseconds before a connection that was refused is tried again

export const isFinal = (state) => state === "done" || state === "failed";

/// Listens until the work is finished, `onStep` answers false, or the server stays silent (then it throws). A hidden page does
/// not listen, since a browser has few connections; what happened meanwhile it is told when it is seen again.
export function follow(id, onStep) {
  return new Promise((resolve, reject) => {
    let source = null;
    let silentSince = null;
    let timer = null;
    const end = (settle, value) => {
      pause();
      document.removeEventListener("visibilitychange", turn);
      settle(value);
    };
    const pause = () => {
      clearTimeout(timer);
      source?.close();
      source = null;
    };
    const turn = () => {
      pause();
      if (!document.hidden) listen();
    };
    const failed = () => {
      silentSince ??= Date.now();
      if (Date.now() - silentSince > PATIENCE) return end(reject, new Error("the server does not tell how far it is"));
      // Otherwise the browser asks again by itself.
      if (source.readyState !== EventSource.CLOSED) return;
      pause();
      timer = setTimeout(listen, PAUSE);
    };
    const listen = () => {
      source = new EventSource(`/api/v1/screenings/${encodeURIComponent(id)}/events`);
      source.addEventListener("error", failed);
      source.addEventListener("progress", ({ data }) => {
        silentSince = null;
        const screening = JSON.parse(data);
        if (onStep(screening) === false || isFinal(screening.state)) end(resolve);
      });
    };
    document.addEventListener("visibilitychange", turn);
    turn();
  });
}
