// Follows the work on a screening by asking for it again and again.

const INTERVAL = 700; // milliseconds
const PATIENCE = 8; // failed questions in a row, before giving up

export const isFinal = (state) => state === "done" || state === "failed";

/// Asks until the work is finished, `onStep` answers false, or the server stays silent (then it throws).
export async function follow(id, onStep) {
  let failures = 0;
  for (;;) {
    let screening = null;
    try {
      const answer = await fetch(`/api/v1/screenings/${encodeURIComponent(id)}`, { headers: { accept: "application/json" }, cache: "no-store" });
      if (answer.status === 404) throw new Gone("This screening is no longer there.");
      if (answer.status === 401) throw new Gone("You are logged out.");
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      screening = await answer.json();
      failures = 0;
    } catch (error) {
      failures += 1;
      if (error instanceof Gone || failures >= PATIENCE) throw error;
    }
    if (screening && (onStep(screening) === false || isFinal(screening.state))) return;
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
}

class Gone extends Error {}
