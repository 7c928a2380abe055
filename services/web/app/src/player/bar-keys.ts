/** What keys do to the time bar. Pure. */
import { STEP } from "./keys";

/** Seconds behind live that a key on the time bar asks for; null: not a key of the bar. */
export function barMove(key: string, behind: number, depth: number): number | null {
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return behind + STEP.small;
    case "ArrowRight":
    case "ArrowUp":
      return behind - STEP.small;
    case "PageDown":
      return behind + STEP.page;
    case "PageUp":
      return behind - STEP.page;
    case "Home":
      return depth;
    case "End":
      return 0;
    default:
      return null;
  }
}
