// Follows the work on a screening, which the server tells about as it comes further.

const PATIENCE = 8; // failed connections in a row, before giving up

export const isFinal = (state) => state === "done" || state === "failed";

/// Listens until the work is finished, `onStep` answers false, or the server stays silent (then it throws).
export function follow(id, onStep) {
  return new Promise((resolve, reject) => {
    const source = new EventSource(`/api/v1/screenings/${encodeURIComponent(id)}/events`);
    let failures = 0;
    const end = (settle, value) => {
      source.close();
      settle(value);
    };
    source.addEventListener("progress", ({ data }) => {
      failures = 0;
      const screening = JSON.parse(data);
      if (onStep(screening) === false || isFinal(screening.state)) end(resolve);
    });
    source.addEventListener("error", () => {
      failures += 1;
      // Where it is closed the server refused; otherwise the browser asks again by itself.
      const isRefused = source.readyState === EventSource.CLOSED;
      if (isRefused || failures >= PATIENCE) end(reject, new Error("the server does not tell how far it is"));
    });
  });
}
