/**
 * Around a page that lies over somebody's stream, where nobody can press anything: what breaks there leaves an empty page, which is loaded
 * anew by itself after a pause that grows from crash to crash.
 */
import { Component, type ReactNode } from "react";
import { tellError } from "../frame/errors";
import { keep, keptJson } from "../ui/kept";
import { type Crash, crashAfter, pauseMs } from "./crash-pause";

const KEPT = "streamly.crash";

export class Unattended extends Component<{ children: ReactNode }, { broke: boolean }> {
  override state = { broke: false };

  static getDerivedStateFromError(): { broke: boolean } {
    return { broke: true };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
    tellError(error);
    const crash = crashAfter(keptJson("tab", KEPT) as Crash | null, Date.now());
    keep("tab", KEPT, JSON.stringify(crash));
    setTimeout(() => location.reload(), pauseMs(crash));
  }

  override render(): ReactNode {
    return this.state.broke ? null : this.props.children;
  }
}

/** A window that people look at, too: only as a browser source of OBS it is unattended. */
export function UnattendedInObs({ children }: { children: ReactNode }) {
  return "obsstudio" in window ? <Unattended>{children}</Unattended> : children;
}
