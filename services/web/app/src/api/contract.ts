/**
 * The shapes that the platform promises its clients (CONTRACT and the event stream), as far as this app reads them.
 * Narrower than the OpenAPI document says, and checked against it (`promises.ts`). Unknown fields are ignored everywhere; fields that
 * a service may leave out are optional here.
 */

/** What a channel is doing. The player adds `ended`: a broadcast that it has seen stop. */
export type ChannelState = "offline" | "starting" | "live" | "reconnecting";

export interface Rendition {
  /** `source`, `720p60`, `480p`, …; the same names as in the playlists. */
  name: string;
  width: number;
  height: number;
  fps: number;
  bitrate_bps: number;
  codecs: string;
  /** Encoder element that makes it; absent for the source. For the channel's owner, as what follows. */
  encoder?: string | null;
  /** How far its newest part is behind the source's, in media time. */
  lag_ms?: number;
  /** Not made at present. */
  shed?: boolean;
}

export interface Live {
  broadcast_id: string;
  started_at: string;
  viewers: number;
  /** Null where a playback token has to be asked for. */
  playback_url: string | null;
  /** A small picture of what was on air lately; a newer one has another address. */
  still_url?: string | null;
  /** Only the channel's owner and team see it. */
  test?: boolean;
  renditions: Rendition[];
}

/** For whom a channel is. */
export type Visibility = "public" | "unlisted" | "followers" | "password" | "private";

export interface Stream {
  /** The channel's id. */
  id: string;
  owner_id: string;
  username: string;
  display_name: string;
  title: string;
  category: string | null;
  /** Null: the text is none of the kept categories. */
  category_slug?: string | null;
  tags: string[];
  /** BCP 47; empty: not said. */
  language?: string;
  mature?: boolean;
  /** The owner's picture. */
  avatar_url?: string | null;
  state: ChannelState;
  live: Live | null;
  visibility?: Visibility;
  /** Goes up when those who were let in before are not any more. */
  watch_version?: number;
  /** Whether this person may watch without password or link; where one channel was asked for. */
  may_watch?: boolean;
}

/** The right to watch for a while. */
export interface Granted {
  /** Null: none is needed. */
  token: string | null;
  /** Seconds. */
  expires_in: number;
  stream: Stream;
}

/** A secret link to watch. */
export interface WatchLink {
  url: string;
  made_at: string;
}

export interface Refusal {
  channel_id?: string;
  code: string;
  detail: string;
  at: string;
  key_name?: string | null;
}

/** The owner's own channel, as it comes back from a change: the public object and its settings. */
export interface EditedStream extends Stream {
  /** Whether others see the channel's past broadcasts. */
  show_broadcasts?: boolean;
  /** Whether the next broadcast is a test. */
  test_mode?: boolean;
  /** Whose pages may have the channel's player in a frame. */
  embedding?: Embedding;
  /** Origins; they count with `sites`. */
  embed_sites?: string[];
}

/** The same when it is asked for: with what was refused lately, newest first. */
export interface OwnStream extends EditedStream {
  refusals?: Refusal[];
}

export type Embedding = "everywhere" | "sites" | "nowhere";

export interface StreamKey {
  id: string;
  name: string;
  created_at?: string;
  last_used_at?: string | null;
  /** Who used it last, and from where. */
  encoder?: string;
  remote_addr?: string;
  /** From then on it opens nothing new. */
  expires_at?: string | null;
  /** Set while a rotated key's predecessor is still let in. */
  overlap_until?: string | null;
}

/** A key that may be shown: at creation, rotation and reveal only. */
export interface OpenStreamKey extends StreamKey {
  key: string;
  rtmp_url: string;
  /** Where RTMPS is taken. */
  rtmps_url?: string;
  stream_url: string;
  playback_url: string;
}

export interface User {
  id: string;
  username: string;
  display_name: string;
  email?: string | null;
  email_verified?: boolean;
  /** In which it is written to; null: it did not say. */
  language?: string | null;
  /** On the whole platform: `user`, `moderator` or `admin`; the last two are its staff. */
  platform_role?: string;
}

export interface SignedIn {
  user: User;
  access_token: string;
  /** Seconds. */
  expires_in: number;
}

/** Frames that did not reach viewers as they were sent, since the encoder connected. */
export interface Drop {
  /** `malformed`, `late_start`, `time_repaired`, `audio_overlap`, `empty`, `transcoder_behind`; more may come. */
  reason: string;
  count: number;
}

export interface Health {
  video_bitrate_bps?: number;
  audio_bitrate_bps?: number;
  fps?: number;
  keyframe_interval_ms?: number;
  frames_dropped?: number;
  audio_sample_rate?: number;
  audio_channels?: number;
  encoder?: string | null;
  /** By how much sound arrives ahead of the picture's time; negative: behind. */
  av_skew_ms?: number;
  /** 95 of 100 frames of the last 10 s came at most so much later than the earliest. */
  arrival_jitter_ms?: number;
  discontinuities?: number;
  worker_restarts?: number;
  transcode_cpu_permille?: number;
  drops?: Drop[];
  secure?: boolean;
}

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

/** A channel that somebody follows went live. */
export interface Notice {
  broadcast_id: string;
  channel_id: string;
  username: string;
  display_name: string;
  avatar_url: string | null;
  /** What the channel says now; empty once the broadcast is over. */
  title: string;
  category: string;
  started_at: string;
  /** Null while it runs. */
  ended_at: string | null;
}

/** Events of `/api/events`, by their `event` name. */
export interface PushedEvents {
  state: { channel_id: string; state: ChannelState; broadcast_id?: string | null; username?: string };
  stream: Stream;
  viewers: { channel_id: string; viewers: number };
  /** Of a channel that everybody may watch. */
  still: { channel_id: string; broadcast_id: string; still_url: string };
  health: { channel_id: string; state: ChannelState; health?: Health | null; renditions?: Rendition[] };
  refused: Refusal;
  /** To an account's owner: that something about it changed, and whether it may do nothing any more. */
  account: { user_id: string; suspended: boolean; closed: boolean };
  /** To a follower: a channel went live now. */
  notice: Notice;
  /** To a follower, at each connection and change: whether the page is to tell, what was seen, and what is live. */
  notices: { page: boolean; seen_at: string | null; live: Notice[] };
  directory: Stream | { channel_id: string; state: "offline" };
}
