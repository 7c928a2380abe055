/** What a viewer chose about the player, kept in this browser. One that keeps nothing has the defaults the next time. */
import { keep, kept } from "../ui/kept";

export type Choice = "captions" | "keys" | "latency" | "theatre";

export const chosenBefore = (choice: Choice) => kept("browser", `streamly.${choice}`);

export const keepChoice = (choice: Choice, value: string) => keep("browser", `streamly.${choice}`, value);
