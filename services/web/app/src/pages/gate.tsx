/** In place of the picture, for who may not watch. Most may, so it is loaded when it is needed; its room is as large from the start. */
import { Suspense } from "react";
import type { Stream } from "../api/contract";
import { lazily } from "../language/lazily";
import type { Admission } from "../live/use-admission";

const ClosedGate = lazily(async () => (await import("./closed-gate")).ClosedGate, ["rest"]);

export function Gate(props: { stream: Stream; admission: Admission }) {
  return (
    <Suspense fallback={<div className="min-h-72 w-full bg-black sm:aspect-video" />}>
      <ClosedGate {...props} />
    </Suspense>
  );
}
