/** What is wrong while no remedy helps, and what is said of it. Pure. */
import { t } from "@lingui/core/macro";

export type Trouble = "unreachable" | "missing" | "undecodable";

/** More in hand than this, in seconds, and yet a picture that stands: it arrives, and is not decoded. */
const IN_HAND = 1;

/** `answered`: the server did since the last try. `ahead`: seconds in hand. `faulted`: the media pipeline broke, and no picture moved since. */
export function troubleOf(answered: boolean, ahead: number, faulted: boolean): Trouble {
  if (faulted || ahead > IN_HAND) return "undecodable";
  return answered ? "missing" : "unreachable";
}

export function troubleWords(trouble: Trouble): { head: string; tail: string } {
  switch (trouble) {
    case "unreachable":
      return {
        head: t`The server cannot be reached`,
        tail: t`Perhaps your connection is down. The player keeps trying.`,
      };
    case "missing":
      return {
        head: t`The picture does not arrive`,
        tail: t`The server answers, but sends no picture. The player keeps trying.`,
      };
    case "undecodable":
      return {
        head: t`This browser cannot show the picture`,
        tail: t`It arrives, but cannot be decoded. The player keeps trying; another browser may help.`,
      };
  }
}
