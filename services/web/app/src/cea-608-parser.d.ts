/** The parser of hls.js for CEA-608, of which its light build has nothing; `vite.config.ts` says where it is. As much of it as is used. */
declare module "hls.js/src/utils/cea-608-parser" {
  interface Filter {
    newCue(): void;
    dispatchCue(): void;
    reset(): void;
  }
  export default class Cea608Parser {
    constructor(field: 1 | 3, first: Filter, second: Filter);
    /** The channels of the field; the first entry is none. */
    channels: Array<{ displayedMemory: { rows: Array<{ getTextString(): string }> } } | null>;
    /** Pairs of bytes without parity. */
    addData(time: number, bytes: number[]): void;
    reset(): void;
  }
}
