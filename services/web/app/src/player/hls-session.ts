/** One hls.js on one video element: its settings, and its events as calls. Errors that hls.js heals by itself stay inside. */
import type Hls from "hls.js";
import type { HlsConfig, UserdataSample } from "hls.js";
import type { Loaded } from "./cost";
import type { HlsClass } from "./hls-loader";
import { PLAIN_SEGMENTS } from "./latency";
import { type Quality, qualities } from "./quality";

/** Where hls.js begins, seconds before the live edge, beyond the viewer's reserve: about what it does by itself for parts of 0.2 s. */
const BEGIN_BEHIND = 0.6;

const CONFIG: Partial<HlsConfig> = {
  lowLatencyMode: true,
  // The rate is ours: see latency.ts.
  maxLiveSyncPlaybackRate: 1,
  liveDurationInfinity: true,
  backBufferLength: 30,
  maxBufferLength: 20,
  // The source fits most links; ABR steps down within a few parts where it does not.
  abrEwmaDefaultEstimate: 6_000_000,
  abrEwmaDefaultEstimateMax: 20_000_000,
  testBandwidth: false,
  startLevel: -1,
  enableWorker: false,
};

export interface HlsEvents {
  /** What there is to choose from; told before the first of it is asked for, and again where hls.js leaves one out. */
  onQualities: (list: Quality[]) => void;
  onPlaying: (index: number) => void;
  /** A segment or a part of one came. */
  onLoaded: (what: Loaded) => void;
  onAppended: () => void;
  /** Messages in front of pictures, captions among them; their times are the media's. */
  onUserdata: (samples: UserdataSample[]) => void;
  /** A media playlist came from there, or will. */
  onList: (url: string) => void;
  /** Something failed, and the quality is hls.js' choice now, whatever was chosen before. `unreadable`: what came was no good, not that nothing did. */
  onAuto: (unreadable: boolean) => void;
  /** The browser decodes none of the renditions. */
  onUnplayable: () => void;
  /** Nothing goes on without help. `status`: the server's, 0 where it gave none. */
  onFatal: (kind: "media" | "network", status: number) => void;
}

/** `reserve`: seconds in hand beyond what the link needs. `plain`: the list has whole segments only, and no part is waited for. */
function configOf(reserve: number, plain: boolean): Partial<HlsConfig> {
  if (plain) return { ...CONFIG, lowLatencyMode: false, liveSyncDurationCount: PLAIN_SEGMENTS };
  return reserve > 0 ? { ...CONFIG, liveSyncDuration: reserve + BEGIN_BEHIND } : CONFIG;
}

export function openHls(
  Class: HlsClass,
  video: HTMLVideoElement,
  url: string,
  { reserve, plain }: { reserve: number; plain: boolean },
  events: HlsEvents,
): Hls {
  const hls = new Class(configOf(reserve, plain));
  const { Events, ErrorTypes, ErrorDetails } = Class;
  const offer = () => events.onQualities(qualities(hls.levels));
  hls.on(Events.MANIFEST_PARSED, offer);
  hls.on(Events.LEVELS_UPDATED, offer);
  hls.on(Events.LEVEL_SWITCHED, (_event, data) => events.onPlaying(data.level));
  hls.on(Events.MANIFEST_LOADED, (_event, { levels }) => levels[0] && events.onList(levels[0].url));
  hls.on(Events.LEVEL_LOADED, (_event, data) => events.onList(data.details.url));
  hls.on(Events.FRAG_PARSING_USERDATA, (_event, data) => events.onUserdata(data.samples));
  hls.on(Events.FRAG_LOADED, (_event, { frag, part }) => {
    if (frag.type !== "main" || frag.sn === "initSegment") return;
    const { duration, stats } = part ?? frag;
    const { levels, bandwidthEstimate: bandwidth } = hls;
    events.onLoaded({ levels, level: frag.level, bytes: stats.loaded, duration, bandwidth });
  });
  hls.on(Events.BUFFER_APPENDED, () => events.onAppended());
  hls.on(Events.ERROR, (_event, data) => {
    const isMedia = data.type === ErrorTypes.MEDIA_ERROR;
    const isGap = data.details === ErrorDetails.FRAG_GAP;
    // A rung that is not made at present lists gaps, then nothing.
    if (isGap) hls.loadLevel = -1;
    // Before its list came nothing chosen was applied to this one.
    if (hls.levels.length && hls.autoLevelEnabled) events.onAuto(isMedia && !isGap);
    // Renditions it cannot decode were left out by hls.js; none is left.
    if (data.details === ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) events.onUnplayable();
    else if (data.fatal) events.onFatal(isMedia ? "media" : "network", data.response?.code ?? 0);
  });
  hls.attachMedia(video);
  hls.loadSource(url);
  return hls;
}
