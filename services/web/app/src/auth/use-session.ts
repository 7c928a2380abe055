/** The session as React sees it, and the wish to come back to a page after signing in. */
import { useSyncExternalStore } from "react";
import type { User } from "../api/contract";
import { type Session, session } from "./session";

export function useSession(): Session {
  return useSyncExternalStore(session.subscribe, session.get);
}

/** Whether somebody is of the platform's staff: for what is offered. What is allowed the server decides. */
export const isStaff = ({ platform_role: role }: User): boolean => role === "moderator" || role === "admin";

/** Path of the sign-in page that returns to `path` afterwards. */
export function signInPath(path: string): string {
  return path === "/" ? "/login" : `/login?next=${encodeURIComponent(path)}`;
}
