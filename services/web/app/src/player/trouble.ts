/** What is wrong while no remedy helps, and what is said of it. Pure. */
import { t } from "@lingui/core/macro";

export type Trouble = "unreachable" | "faulty" | "missing" | "undecodable";

/** More in hand than this, in seconds, and yet a picture that stands: it arrives, and is not decoded. */
const IN_HAND = 1;

/** `answer`: HTTP status of the server's last answer since the last try, 0 where there was none. `ahead`: seconds in hand. `faulted`: the media pipeline broke, and no picture moved since. */
export function troubleOf(answer: number, ahead: number, faulted: boolean): Trouble {
  if (faulted || ahead > IN_HAND) return "undecodable";
  if (answer >= 500) return "faulty";
  return answer ? "missing" : "unreachable";
}

export function troubleWords(trouble: Trouble): { head: string; tail: string } {
  switch (trouble) {
    case "unreachable":
      return {
        head: t`The server cannot be reached`,
        tail: t`Perhaps your connection is down. The player keeps trying.`,
      };
    case "faulty":
    case "missing":
      return {
        head: t`The picture does not arrive`,
        tail:
          trouble === "faulty"
            ? t`The server has a problem. It is not you. The player keeps trying.`
            : t`The server answers, but sends no picture. The player keeps trying.`,
      };
    case "undecodable":
      return {
        head: t`This browser cannot show the picture`,
        tail: t`It arrives, but cannot be decoded. The player keeps trying; another browser may help.`,
      };
  }
}
