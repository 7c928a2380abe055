/** What a viewer chose about the player, kept in this browser. One that keeps nothing has the defaults the next time. */

export type Choice = "captions" | "latency" | "theatre";

export function chosenBefore(choice: Choice): string | null {
  try {
    return localStorage.getItem(`streamly.${choice}`);
  } catch {
    return null;
  }
}

export function keepChoice(choice: Choice, value: string): void {
  try {
    localStorage.setItem(`streamly.${choice}`, value);
  } catch {
    // Storage is full or refused.
  }
}
