/** When the next playback token is asked for. Pure. */
import { LONGEST_MS } from "../api/time-limit";

/** Pause at the least, ms: a server whose tokens end at once is not asked without end. */
const LEAST_MS = 1_000;

/** At half of the life of a token, which is `expiresIn` seconds; ms from when it was given. */
export const renewalMs = (expiresIn: number) => Math.min(LONGEST_MS, Math.max(LEAST_MS, expiresIn * 500));
