/** How the viewers of one's own open broadcast fare, in its last half hour. */
import { api } from "./client";
import type { CoursePoint } from "./history";

/** What players told of some time; only those of the platform's own pages tell. */
export interface Fare {
  /** Sessions that told something; of several minutes the most of any. */
  viewers: number;
  watched_s: number;
  /** Waited amid it, while there was something to see. */
  stalled_s: number;
  stalls: number;
  starts: number;
  /** Null: nobody said. */
  start_median_s: number | null;
  start_p95_s: number | null;
  behind_median_s: number | null;
  errors: { network: number; media: number; unsupported: number };
  /** By class of picture height, the lowest first. */
  rungs: { height: number; watched_s: number }[];
  frames_decoded: number;
  frames_dropped: number;
}

export interface FareMinute extends Fare {
  at: string;
}

export interface Qoe {
  /** Null: nothing is open. */
  broadcast_id: string | null;
  /** Null: no player told anything. */
  whole: Fare | null;
  /** Those of which something is known; the last one goes on. */
  minutes: FareMinute[];
  /** Seconds that a point of the course stands for. */
  point_s: number;
  course: CoursePoint[];
}

export const ownQoe = (signal?: AbortSignal) => api<Qoe>("/api/streams/me/qoe", signal ? { signal } : {});
